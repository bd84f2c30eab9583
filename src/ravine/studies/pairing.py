"""Arms compared over paired seeds, with verdicts; diverged runs count at a cap, unequal ones are refused."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from ravine import statistics
from ravine.studies.kinds import PRICE, Kind
from ravine.studies.outcome import ENDED, RunResult
from ravine.studies.plan import DivergenceRule, Registration
from ravine.studies.refusal import Pair, refusal

ZERO = "zero"
Baselines = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Name, split -> {"mse", "trivial"}."""
Seeds = Mapping[int, RunResult]
WHICH: Mapping[DivergenceRule, str] = {
    "worse-than-zero": "diverged or are worse than predicting zero",
    "non-finite": "diverged",
}
CAPPED: Mapping[DivergenceRule, str] = {
    "worse-than-zero": f"{WHICH['worse-than-zero']}, and count as if they predicted zero",
    "non-finite": "diverged, and count with the worst error seen, or the zero predictor's if that is larger",
}
"""What is said of runs that count as diverged, by the rule that was registered."""
MOST_PAIRED_ARMS = 8
"""Other pairs than with the baseline are compared in studies of up to so many arms."""


@dataclass(frozen=True)
class Question:
    """Which arm is compared with which, on which split; `family`: comparisons that share its error rate."""

    arm: str
    against: str
    split: str
    registered: bool
    family: int


@dataclass(frozen=True)
class Compared:
    """A comparison's finding, and by paired seed whether each arm's run counts at the cap, and the log-ratio.

    `refused`: why the runs cannot be compared at all; `rule`: which runs count as diverged.
    """

    question: Question
    finding: statistics.Finding
    capped: tuple[tuple[bool, ...], tuple[bool, ...]] = ((), ())
    log_ratios: tuple[float, ...] = ()
    refused: str | None = None
    rule: DivergenceRule = "worse-than-zero"

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
        n = len(self.log_ratios)
        counts = " and ".join(f"{count} of {n} runs of {name}" for count, name in zip(self.diverged, arms, strict=True))
        return f"{words} {counts} {CAPPED[self.rule]}."


def questions(kinds: Mapping[str, Kind], splits: Sequence[str], registration: Registration) -> list[Question]:
    """Return what a study compares: arms with the baseline on every split, then other pairs on the deciding one.

    `kinds`: of every arm's negatives; of a pair the dearer kind is compared with the cheaper one.
    """
    arms = list(kinds)
    against = registration.baseline
    if against is None or against not in arms:
        return []
    others = [arm for arm in arms if arm != against]
    decides = registration.registered(arms)
    asked = []
    for split in splits:
        for arm in others:
            registered = arm in decides and split == registration.split
            asked.append(Question(arm, against, split, registered, len(decides) if registered else len(others)))
    if len(arms) <= MOST_PAIRED_ARMS:
        pairs = combinations(sorted(others, key=lambda arm: PRICE[kinds[arm]]), 2)
        asked += [Question(later, earlier, registration.split, False, len(others)) for earlier, later in pairs]
    return asked


def comparisons(
    runs: Sequence[RunResult], arms: Sequence[str], baselines: Baselines, registration: Registration
) -> list[Compared]:
    """Return the answers to a study's questions; registered ones share one error rate, the rest explore."""
    kinds: dict[str, Kind] = {arm: next((run.kind for run in runs if run.arm == arm), "unknown") for arm in arms}
    by_arm = {arm: {run.seed: run for run in runs if run.arm == arm} for arm in arms}
    splits = list(dict.fromkeys(split for entry in baselines.values() for split in entry))
    return [
        compared(
            question, by_arm[question.arm], by_arm[question.against], zero_error(baselines, question), registration
        )
        for question in questions(kinds, splits, registration)
    ]


def zero_error(baselines: Baselines, question: Question) -> float | None:
    """Return the zero predictor's error on the question's split; None where it was not measured."""
    mse = baselines.get(ZERO, {}).get(question.split, {}).get("mse")
    return mse if mse is not None and math.isfinite(mse) and mse > 0 else None


def compared(
    question: Question, first: Seeds, second: Seeds, zero: float | None, registration: Registration
) -> Compared:
    """Return the finding on two arms' runs by seed, with diverged runs at the cap; refusals and faults say why."""
    pairs = paired(first, second)
    refused = refusal(pairs, question.against, list(second.values()), question.split, registration)
    if refused is None and zero is None:
        refused = f"the zero predictor was not measured on {question.split}, and diverged runs count at its error"
    if refused is not None or zero is None:
        return Compared(question, undecided(question, registration, f"refused: {refused}"), refused=refused)
    a, b = ([pair[side].error(question.split) for pair in pairs] for side in (0, 1))
    imputed = statistics.impute_diverged(a, b, limit([*a, *b], zero, registration.divergence))
    if (fault := zero_fault(pairs, imputed)) is not None:
        return Compared(question, undecided(question, registration, fault))
    comparison = statistics.compare(imputed.a, imputed.b, question.family)
    finding = statistics.verdict(comparison, registration.seeds, registration.margin)
    if finding.reason and (lost := failures(first, second)):
        finding = replace(finding, reason=f"{finding.reason}; {lost}")
    capped = tuple(imputed.diverged_a.tolist()), tuple(imputed.diverged_b.tolist())
    if pairs and all(map(all, capped)):
        # Equal by imputation: no ratio of errors is behind it, and no fault either.
        finding = replace(finding, reason=f"all runs of both arms {WHICH[registration.divergence]}")
    d = tuple(statistics.log_ratios(imputed.a, imputed.b).tolist())
    return Compared(question, finding, capped, d, rule=registration.divergence)


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
    nothing = statistics.compare([], [], question.family)
    return replace(statistics.verdict(nothing, registration.seeds, registration.margin), reason=why)


def zero_fault(pairs: Sequence[Pair], imputed: statistics.ImputedPair) -> str | None:
    """Return which run's error is exactly 0: it has no logarithm, and to floor it would invent a ratio."""
    for side, values in enumerate((imputed.a, imputed.b)):
        if (values == 0).any():
            run = pairs[int(np.flatnonzero(values == 0)[0])][side]
            return f"the error of {run.arm} at seed {run.seed} is exactly 0, and no ratio to it exists"
    return None


def paired(first: Seeds, second: Seeds) -> list[Pair]:
    """Return the runs of both arms at the seeds where both came to an end; diverged runs count, missing cannot."""
    seeds = sorted(first.keys() & second.keys())
    pairs = [(first[seed], second[seed]) for seed in seeds]
    return [pair for pair in pairs if pair[0].state in ENDED and pair[1].state in ENDED]


def limit(errors: Sequence[float], zero: float, rule: DivergenceRule) -> float:
    """Return the error above which a run counts as diverged, and with which it then counts."""
    if rule == "worse-than-zero":
        return zero
    return max([zero, *(error for error in errors if math.isfinite(error))])
