"""The verdict: one sentence with its interval, what it stands on, and what to do next."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ravine.report.reading.subject import ENDED, Facts, Subject, decides, mapping, real
from ravine.report.sections.errors import DIVERGED

FIGURES = re.compile(r"^(?P<words>.*?)\s*\((?P<figures>[^()]* interval [^()]*)\)(?P<rest>.*)$", re.DOTALL)
FEW = 2
"""Comparisons that one sentence can hold."""
WORDS = {
    "improvement": "confirmed better",
    "better": "better",
    "worse": "worse",
    "practically": "equivalent",
    "inconclusive": "inconclusive",
    "not decidable": "not decidable",
}


@dataclass(frozen=True)
class Sentence:
    """A statement, and the figures behind it, which are set smaller; `whole` holds both as they were written."""

    words: str
    figures: str = ""
    whole: str = ""

    @property
    def text(self) -> str:
        """The whole of it."""
        return self.whole or (f"{self.words.rstrip('.')} ({self.figures})." if self.figures else self.words)


@dataclass(frozen=True)
class Verdict:
    """What a report says first.

    `headline`: large; `support`: the comparisons decided beforehand where the headline is not made of them;
    `exploratory`: the others, by split and metric; `evidence` and `next`: of the study's outcome.
    """

    name: str
    headline: Sequence[Sentence]
    support: Sequence[Sentence] = ()
    exploratory: Sequence[tuple[str, Sentence]] = ()
    evidence: Sequence[str] = ()
    next: Sequence[str] = ()
    note: str = ""

    @property
    def text(self) -> str:
        """The headline in one line."""
        return " ".join(sentence.text for sentence in self.headline)


def verdict(subject: Subject) -> Verdict:
    """Return what a subject's directory says of its question."""
    if subject.kind == "run":
        return of_run(subject)
    if not subject.collected:
        return unfinished(subject)
    registered = [split_sentence(entry) for entry in subject.comparisons if decides(entry)]
    exploratory = [
        (where(subject, entry), split_sentence(entry)) for entry in subject.comparisons if not decides(entry)
    ]
    outcome = mapping(subject.results.get("outcome"))
    if outcome.get("sentence") and len(subject.arms) > 1:
        return of_outcome(subject, outcome, registered, exploratory)
    if not registered:
        return Verdict("No comparison", [alone(subject)], (), exploratory)
    if len(registered) <= FEW:
        return Verdict("Verdict", registered, (), exploratory, note=ground(subject))
    return Verdict("Verdict", [counted_words(subject)], registered, exploratory, note=ground(subject))


def where(subject: Subject, entry: Facts) -> str:
    """Return the split that a comparison is on, and its metric where that is not the registered one."""
    measure, split = subject.measure(entry.get("metric")), str(entry.get("split"))
    return split if measure.name == subject.metric.name else f"{split}, {measure.label}"


def of_outcome(
    subject: Subject, outcome: Facts, registered: Sequence[Sentence], exploratory: Sequence[tuple[str, Sentence]]
) -> Verdict:
    """Return the outcome that a study was given in words, with the comparisons that its evidence does not repeat."""
    sentence, name = str(outcome["sentence"]), str(outcome.get("name") or "Verdict")
    evidence = texts(outcome.get("evidence"))
    told = " ".join([sentence, *evidence])
    return Verdict(
        "Verdict" if sentence.lower().startswith(name.lower()) else name,
        [split_words(sentence)],
        [entry for entry in registered if entry.words.rstrip(".") not in told],
        exploratory,
        evidence,
        texts(outcome.get("next")),
        ground(subject),
    )


def texts(value: object) -> list[str]:
    """Return a list of texts read from JSON; one text is a list of one."""
    if isinstance(value, str):
        return [value]
    return [str(entry) for entry in value] if isinstance(value, list) else []


def split_sentence(entry: Facts) -> Sentence:
    """Return a comparison's sentence with its figures apart."""
    return split_words(str(entry.get("sentence") or entry.get("verdict") or "no verdict"))


def split_words(text: str) -> Sentence:
    """Return a statement with the figures that it holds in parentheses apart."""
    found = FIGURES.match(text)
    if found is None:
        return Sentence(text)
    rest = found["rest"].strip()
    words = found["words"] + (rest if rest[:1] in {".", ";", ","} else f" {rest}".rstrip() or ".")
    return Sentence(words, found["figures"], text)


def ground(subject: Subject) -> str:
    """Return what was decided beforehand and what an effect is."""
    measure, decided = subject.metric, subject.registration
    what = (
        f"Effects are ratios of {measure.label}"
        if measure.ratio
        else f"Effects are differences of {measure.label} in points"
    )
    told = (
        f"Decided before the first run: {measure.label}, {decided.get('seeds')} seeds, baseline arm "
        f"{decided.get('baseline')}, split {decided.get('split')}, margin {measure.margin_text(subject.margin)}. "
    )
    where = measure.side.replace("left of", "below").replace("right of", "above")
    return (
        told if decided else ""
    ) + f"{what} over paired seeds, {where} where the first arm is better; intervals hold jointly."


def counted_words(subject: Subject) -> Sentence:
    """Return one sentence for many comparisons: how many came out how, and the best arm."""
    registered = [entry for entry in subject.comparisons if decides(entry)]
    kinds = [kind(entry) for entry in registered]
    parts = [f"{kinds.count(name)} {name}" for name in dict.fromkeys(kinds)]
    words = f"Of {len(registered)} comparisons with {subject.baseline}: {', '.join(parts)}."
    measure = subject.metric
    with_effect = [entry for entry in registered if math.isfinite(real(entry.get("effect")))]
    if not with_effect:
        return Sentence(words)
    best = max(with_effect, key=lambda entry: measure.ahead(real(entry["effect"])))
    effect, low, high = (measure.effect_text(real(best.get(key))) for key in ("effect", "low", "high"))
    low = low.removesuffix(" points")
    what = "ratio" if measure.ratio else "difference"
    return Sentence(
        f"{words} The best effect is that of {best.get('arm')}.",
        f"{what} {effect}, simultaneous 95 % interval {low} to {high}",
    )


def kind(entry: Facts) -> str:
    """Return a verdict in a word or two."""
    words = str(entry.get("verdict", "")).lower()
    if "ruled out" in words:
        return "at least the margin ruled out"
    return next((short for start, short in WORDS.items() if words.startswith(start)), "undecided")


def alone(subject: Subject) -> Sentence:
    """Return the sentence of a study that has nothing to compare."""
    ended = [run for run in subject.runs if run.status == ENDED]
    if not ended:
        states = {run.status for run in subject.runs}
        return Sentence(f"No run has finished ({', '.join(sorted(states)) or 'there are none'}): nothing to compare.")
    who = f"One arm, {subject.arms[0]}" if len(subject.arms) == 1 else f"{len(subject.arms)} arms"
    return Sentence(f"{who}: nothing to compare. {scores(subject)}")


def scores(subject: Subject) -> str:
    """Return a run's or an arm's score on the first split beside the best trivial rule's."""
    split, measure = (subject.splits[0] if subject.splits else ""), subject.metric
    known = [run.value(split, measure.name) for run in subject.runs if run.status == ENDED and split in run.splits]
    if not known:
        return "It has no scores."
    words = f"{measure.title} {measure.text(sum(known) / len(known))} on {split}"
    best = subject.best_trivial(split, measure)
    if best is None:
        return f"{words}; no trivial baseline was measured beside it."
    return f"{words}, where the best trivial baseline, {best[0]}, has {measure.text(best[1])}."


def unfinished(subject: Subject) -> Verdict:
    """Return what can be said before a study's end, which is no verdict."""
    done = sum(run.status in {ENDED, DIVERGED} for run in subject.runs)
    words = f"Not finished: {done} of {len(subject.runs)} runs have come to their end, and the verdict waits for all."
    note = "Reading a verdict off a part of the seeds would find effects that are not there; curves and scores follow."
    return Verdict("Unfinished", [Sentence(words)], note=note)


def of_run(subject: Subject) -> Verdict:
    """Return a single run's sentence."""
    (run,) = subject.runs
    if run.status == ENDED:
        note = "One run of one seed: no comparison, and no interval over seeds. `ravine compare` makes one."
        return Verdict("One run", [Sentence(scores(subject))], note=note)
    return Verdict("One run", [Sentence(f"The run is {run.status}: {run.reason}.")])
