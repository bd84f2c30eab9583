"""Arms compared over paired seeds by a metric; diverged runs count at a cap, unequal ones are refused."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from ravine import statistics
from ravine.analysis.kinds import PRICE, Kind
from ravine.analysis.measure import ZERO, Baselines, Measure, Measures, baseline_value
from ravine.analysis.outcome import ENDED, RunResult
from ravine.analysis.plan import Registration
from ravine.analysis.refusal import Pair, refusal
from ravine.statistics import Scale

Seeds = Mapping[int, RunResult]
MOST_PAIRED_ARMS = 8
"""Other pairs than with the baseline are compared in studies of up to so many arms."""


@dataclass(frozen=True)
class Question:
    """Which arm is compared with which, by what, on which split.

    `margin`: the gain that matters, on the metric's scale; `family`: comparisons that share its error rate.
    """

    arm: str
    against: str
    split: str
    measure: Measure
    margin: float
    registered: bool
    family: int

    @property
    def scale(self) -> Scale:
        """How the arms are compared."""
        return self.measure.scale


@dataclass(frozen=True)
class Compared:
    """A comparison's finding, and by paired seed whether each arm's run counts at the cap, and the difference d.

    `refused`: why the runs cannot be compared at all; `at_cap`: what is said of runs that count at the cap.
    """

    question: Question
    finding: statistics.Finding
    capped: tuple[tuple[bool, ...], tuple[bool, ...]] = ((), ())
    d: tuple[float, ...] = ()
    refused: str | None = None
    at_cap: str = ""

    @property
    def diverged(self) -> tuple[int, int]:
        """How many runs of the arm and of the other one count at the cap."""
        return sum(self.capped[0]), sum(self.capped[1])

    @property
    def sentence(self) -> str:
        """The finding in words, which say how many runs diverged if any did."""
        arms = self.question.arm, self.question.against
        words = self.finding.sentence(*arms)
        if not any(self.diverged):
            return words
        n = len(self.d)
        counts = " and ".join(f"{count} of {n} runs of {name}" for count, name in zip(self.diverged, arms, strict=True))
        return f"{words} {counts} {self.at_cap}."


def questions(
    kinds: Mapping[str, Kind], splits: Sequence[str], measures: Measures, registration: Registration
) -> list[Question]:
    """Return what a study compares by the registered metric: arms with the baseline on every split, then other pairs.

    Pairs, and further metrics of arms with the baseline, are compared on the deciding split. `kinds`: of every arm's
    negatives; of a pair the dearer kind is compared with the cheaper one.
    """
    arms, against, deciding = list(kinds), registration.baseline, registration.split
    if against is None or against not in arms:
        return []
    others = [arm for arm in arms if arm != against]
    decides, metric = registration.registered(arms), measures[registration.metric]

    def ask(arm: str, other: str, split: str, by: Measure, registered: bool = False) -> Question:
        margin, family = margin_of(by, measures, registration), len(decides) * len(registration.metrics)
        return Question(arm, other, split, by, margin, registered, family if registered else len(others))

    asked = [
        ask(arm, against, split, metric, arm in decides and split == deciding) for split in splits for arm in others
    ]
    further = [measure for measure in measures.values() if measure.name != metric.name]
    asked += [
        ask(arm, against, deciding, measure, arm in decides and measure.name in registration.also)
        for measure in further
        for arm in others
        if deciding in splits
    ]
    if len(arms) <= MOST_PAIRED_ARMS:
        pairs = combinations(sorted(others, key=lambda arm: PRICE[kinds[arm]]), 2)
        asked += [ask(later, earlier, deciding, metric) for earlier, later in pairs]
    return asked


def margin_of(measure: Measure, measures: Measures, registration: Registration) -> float:
    """Return the gain that matters by a metric: the registered one on its own scale, else the other scale's default."""
    if measure.scale_name == measures[registration.metric].scale_name:
        return registration.margin
    return measure.scale.default_margin


def comparisons(
    runs: Sequence[RunResult],
    arms: Sequence[str],
    baselines: Baselines,
    measures: Measures,
    registration: Registration,
) -> list[Compared]:
    """Return the answers to a study's questions; registered ones share one error rate, the rest explore."""
    kinds: dict[str, Kind] = {arm: next((run.kind for run in runs if run.arm == arm), "unknown") for arm in arms}
    by_arm = {arm: {run.seed: run for run in runs if run.arm == arm} for arm in arms}
    return [
        compared(
            question,
            by_arm[question.arm],
            by_arm[question.against],
            zero_cost(baselines, question.split, question.measure),
            registration,
        )
        for question in questions(kinds, splits_of(runs, baselines), measures, registration)
    ]


def splits_of(runs: Sequence[RunResult], baselines: Baselines) -> list[str]:
    """Return the splits on which a baseline or a run was scored; there may be tasks without any baseline."""
    scored = [*baselines.values(), *(run.splits for run in runs)]
    return list(dict.fromkeys(split for splits in scored for split in splits))


def zero_cost(baselines: Baselines, split: str, measure: Measure) -> float | None:
    """Return the zero predictor's cost on a split; None where it was not measured, or lies off the metric's scale."""
    entry = baselines.get(ZERO, {}).get(split)
    value = None if entry is None else baseline_value(entry, measure)
    if value is None or not math.isfinite(value) or measure.scale.fault(measure.cost(value)):
        return None
    return measure.cost(value)


def compared(
    question: Question, first: Seeds, second: Seeds, zero: float | None, registration: Registration
) -> Compared:
    """Return the finding on two arms' runs by seed, with diverged runs at the cap; refusals and faults say why."""
    pairs = paired(first, second)
    scale, rule = question.scale, registration.divergence
    a, b = ([pair[side].cost(question.split, question.measure) for pair in pairs] for side in (0, 1))
    limit = scale.limit([*a, *b], zero, rule)
    refused = refusal(
        pairs, question.against, list(second.values()), question.split, question.measure.name, registration
    )
    if refused is None and limit is None:
        refused = f"the zero predictor was not measured on {question.split}, and diverged runs count at its error"
    if refused is not None or limit is None:
        return Compared(question, undecided(question, registration, f"refused: {refused}"), refused=refused)
    if (fault := fault_of(pairs, question)) is not None:
        return Compared(question, undecided(question, registration, fault))
    imputed = statistics.impute_diverged(a, b, limit)
    comparison = statistics.compare(imputed.a, imputed.b, question.family, scale=scale)
    finding = statistics.verdict(comparison, registration.seeds, question.margin)
    if finding.reason and (lost := failures(first, second)):
        finding = replace(finding, reason=f"{finding.reason}; {lost}")
    capped = tuple(imputed.diverged_a.tolist()), tuple(imputed.diverged_b.tolist())
    if pairs and all(map(all, capped)):
        # Equal by imputation: no effect is behind it, and no fault either.
        finding = replace(finding, reason=f"all runs of both arms {scale.lost(rule)}")
    d = tuple(statistics.differences(imputed.a, imputed.b, scale).tolist())
    return Compared(question, finding, capped, d, at_cap=scale.capped(rule))


def failures(*arms: Seeds) -> str:
    """Return how many runs of each arm failed, with the first one's reason; "" where none did."""
    failed = [[run for run in runs.values() if run.state == "failed"] for runs in arms]
    return " and ".join(
        f"{len(lost)} of {len(runs)} runs of {lost[0].arm} failed ({lost[0].reason})"
        for runs, lost in zip(arms, failed, strict=True)
        if lost
    )


def undecided(question: Question, registration: Registration, why: str) -> statistics.Finding:
    """Return the finding of a comparison that rests on no seeds, with the reason."""
    nothing = statistics.compare([], [], question.family, scale=question.scale)
    return replace(statistics.verdict(nothing, registration.seeds, question.margin), reason=why)


def fault_of(pairs: Sequence[Pair], question: Question) -> str | None:
    """Return which run's finite cost has no place on the metric's scale; None where all have."""
    measure = question.measure
    for run in (pair[side] for side in (0, 1) for pair in pairs):
        cost = run.cost(question.split, measure)
        if math.isfinite(cost) and (fault := measure.scale.fault(cost)) is not None:
            what = "error" if measure.scale_name == "ratio" and measure.better == "lower" else f"metric {measure.name}"
            return f"the {what} of {run.arm} at seed {run.seed} {fault}"
    return None


def paired(first: Seeds, second: Seeds) -> list[Pair]:
    """Return the runs of both arms at the seeds where both came to an end; diverged runs count, missing cannot."""
    seeds = sorted(first.keys() & second.keys())
    pairs = [(first[seed], second[seed]) for seed in seeds]
    return [pair for pair in pairs if pair[0].state in ENDED and pair[1].state in ENDED]
