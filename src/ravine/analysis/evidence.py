"""From a study's comparisons to its outcome as an entry of `results.json`, each number with its interval."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isfinite
from typing import Any

from ravine.analysis.advice import advice
from ravine.analysis.conclusion import decide
from ravine.analysis.kinds import PRICE, Kind
from ravine.analysis.measure import Baselines, Measure, trivial_values
from ravine.analysis.outcome import ENDED, RunResult
from ravine.analysis.pairing import Compared
from ravine.analysis.plan import Registration
from ravine.analysis.situation import ArmFinding, Situation
from ravine.analysis.stability import rollback_lines, unstable
from ravine.statistics import RateInterval, Scale


def outcome(
    found: Sequence[Compared],
    runs: Sequence[RunResult],
    rates: Mapping[str, RateInterval],
    baselines: Baselines,
    measure: Measure,
    registration: Registration,
) -> dict[str, Any]:
    """Return the study's outcome: its name, the sentence, the evidence for it and what to try next."""
    situation = situation_of(found, {run.arm: run.kind for run in reversed(runs)}, rates, measure.scale, registration)
    situation = replace(situation, untrained=untrained(runs, rates, registration))
    decision = decide(situation)
    registered = [entry for entry in found if entry.question.registered]
    deciding = by_the_first_metric(registered, registration)
    direct = [entry for entry in found if (entry.question.arm, entry.question.against) in situation.direct]
    about = None if decision.arm is None else decision.arm.arm
    return {
        "name": str(decision.name),
        "arm": about,
        "headline": headline(decision.clause, deciding, about),
        "sentence": sentence(decision.clause, deciding if about is None else [*deciding, *direct], about),
        "evidence": [
            *(f"{where(entry, registration)}: {entry.sentence}" for entry in registered),
            *(f"{entry.question.split}, directly: {entry.sentence}" for entry in direct),
            *rate_lines(rates),
            *rollback_lines(runs),
            *trivial_line(runs, baselines, measure, registration.split),
            *cost_lines(runs, registration),
        ],
        "next": list(advice(situation, decision)),
    }


def by_the_first_metric(found: Sequence[Compared], registration: Registration) -> list[Compared]:
    """Return the comparisons by the metric that decides the outcome."""
    return [entry for entry in found if entry.question.measure.name == registration.metric]


def where(entry: Compared, registration: Registration) -> str:
    """Return the split that a comparison is on, and its metric where that is not the one that decides."""
    measure = entry.question.measure
    return entry.question.split + (f", {measure.label}" if measure.name != registration.metric else "")


def untrained(runs: Sequence[RunResult], rates: Mapping[str, RateInterval], registration: Registration) -> bool:
    """Return whether every run of the baseline came to an end with a finite score, and worse than predicting zero."""
    base = registration.baseline
    ended = [run for run in runs if run.arm == base and run.state in ENDED]
    value = [run.value(registration.split, registration.metric) for run in ended if run.state == "finished"]
    finite = len(value) == len(ended) and all(map(isfinite, value))
    return bool(ended) and finite and rates[str(base)].count == len(ended)


def trivial_line(runs: Sequence[RunResult], baselines: Baselines, measure: Measure, split: str) -> list[str]:
    """Return the line that says which arms are no better on a split than its best trivial predictor, if any are."""
    trivial = {name: measure.cost(value) for name, value in trivial_values(baselines, split, measure).items()}
    costs: dict[str, list[float]] = {}
    for run in runs:
        if isfinite(cost := run.cost(split, measure)):
            costs.setdefault(run.arm, []).append(cost)
    if not trivial:
        return []
    best = min(trivial, key=trivial.__getitem__)
    behind = [arm for arm, values in costs.items() if sum(values) / len(values) >= trivial[best]]
    if not behind:
        return []
    known = f"{best} ({measure.label} {measure.value(trivial[best]):.3g})"
    return [f"{split}: on average no better than the trivial predictor {known}: {', '.join(behind)}."]


def situation_of(
    found: Sequence[Compared],
    kinds: Mapping[str, Kind],
    rates: Mapping[str, RateInterval],
    scale: Scale,
    registration: Registration,
) -> Situation:
    """Return what the conclusion rests on: registered arms, and direct pairs of a dearer with a cheaper one."""
    base = registration.baseline or ""
    deciding = by_the_first_metric([entry for entry in found if entry.question.registered], registration)
    names = {entry.question.arm for entry in deciding}
    direct = {}
    for entry in found:
        pair = entry.question.arm, entry.question.against
        asked = entry.question.split, entry.question.measure.name
        both = asked == (registration.split, registration.metric) and names.issuperset(pair)
        if both and PRICE[kinds[pair[0]]] > PRICE[kinds[pair[1]]]:
            direct[pair] = entry.finding
    arms = tuple(
        ArmFinding(arm, kinds[arm], entry.finding, unstable(rates[arm]))
        for entry in deciding
        if (arm := entry.question.arm)
    )
    shaky = base in rates and unstable(rates[base])
    return Situation(base, kinds.get(base, "unknown"), arms, direct, registration.margin, shaky, scale=scale)


def sentence(clause: str, found: Sequence[Compared], arm: str | None) -> str:
    """Return the outcome's clause with the intervals it rests on, those of one arm or of all, as a sentence."""
    numbers = [
        f"{entry.question.arm} {c.scale.sign} {entry.question.against} = {c.scale.shown(c.effect)}, "
        f"{100 * c.level:g} % interval {c.scale.interval(*c.interval)}, {c.n} seeds"
        for entry in found
        if not (c := entry.finding.comparison).degenerate and arm in (None, entry.question.arm)
    ]
    return f"{clause} ({'; '.join(numbers)})." if numbers else f"{clause}."


def headline(clause: str, found: Sequence[Compared], arm: str | None) -> str:
    """Return the outcome's clause with the one number that it is about, as a short sentence."""
    for entry in found:
        comparison = entry.finding.comparison
        if entry.question.arm == arm and not comparison.degenerate:
            pair = f"{arm} {comparison.scale.sign} {entry.question.against}"
            return f"{clause} ({pair} = {comparison.scale.shown(comparison.effect)})."
    return f"{clause}."


def rate_lines(rates: Mapping[str, RateInterval]) -> list[str]:
    """Return one line for every arm of which a run diverged."""
    return [
        f"{arm}: {rate.count} of {rate.n} runs diverged ({rate.rate:.0%}, interval {rate.low:.0%} to {rate.high:.0%})"
        for arm, rate in rates.items()
        if rate.count
    ]


COSTS = {"energy_evaluations": "energy evaluations", "operations": "operations"}
MATCHED = {"compute": "Trained to equal compute", "operations": "Trained to equal operations"}


def cost_lines(runs: Sequence[RunResult], registration: Registration) -> list[str]:
    """Return what every arm cost in training against the baseline, in energy evaluations and in operations."""
    matched = MATCHED.get(registration.matching, "At equal steps")
    longer = dict.fromkeys(registration.longer, "Trained longer")
    ratios: dict[str, list[str]] = {}
    for fact, name in COSTS.items():
        spent = mean_costs(runs, fact)
        base = spent.get(registration.baseline or "", 0.0)
        for arm, mean in spent.items() if base else ():
            ratios.setdefault(arm, []).append(f"{times(mean / base)} {name}")
    return [
        f"{longer.get(arm, matched)}, {arm} took {' and '.join(words)} as {registration.baseline}."
        for arm, words in ratios.items()
        if arm != registration.baseline
    ]


def mean_costs(runs: Sequence[RunResult], fact: str) -> dict[str, float]:
    """Return each arm's mean of a cost over the runs that recorded it."""
    spent: dict[str, list[float]] = {}
    for run in runs:
        if (count := run.facts.get(fact)) is not None:
            spent.setdefault(run.arm, []).append(float(count))
    return {arm: sum(counts) / len(counts) for arm, counts in spent.items()}


def times(ratio: float) -> str:
    """Return a ratio of counts in words, to be followed by what is counted and "as"."""
    return "as many" if f"{ratio:.3g}" == "1" else f"{ratio:.3g} times as many"
