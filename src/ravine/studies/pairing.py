"""Arms compared with the baseline arm over paired seeds, with verdicts; diverged runs count at a cap."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ravine import statistics
from ravine.studies.outcome import RunResult
from ravine.studies.plan import Registration

ZERO = "zero"
Baselines = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Name, split -> {"mse", "trivial"}."""


@dataclass(frozen=True)
class Compared:
    """A comparison's finding, and how many runs of the arm and of its baseline count at the zero predictor's error."""

    finding: statistics.Finding
    diverged: tuple[int, int]

    def sentence(self, arm: str, against: str) -> str:
        """Return the finding in words, which say how many runs diverged if any did."""
        words = self.finding.sentence(arm, against)
        if not any(self.diverged):
            return words
        n = self.finding.comparison.n
        counts = " and ".join(
            f"{count} of {n} runs of {name}" for count, name in zip(self.diverged, (arm, against), strict=True)
        )
        return f"{words} {counts} diverged or are worse than predicting zero, and count as if they predicted zero."


def comparisons(
    runs: Sequence[RunResult], arms: Sequence[str], baselines: Baselines, registration: Registration
) -> list[dict[str, Any]]:
    """Return every arm's comparison with the baseline arm on every split; one split decides, the rest explore."""
    against = registration.baseline
    others = [arm for arm in arms if arm != against]
    if against is None or against not in arms:
        return []
    names = list(dict.fromkeys(split for entry in baselines.values() for split in entry))
    by_key = {(run.arm, run.seed): run for run in runs}
    result = []
    for split in names:
        zero = float(baselines[ZERO][split]["mse"])
        for arm in others:
            pairs = [(by_key[arm, seed], by_key[against, seed]) for seed in paired_seeds(runs, arm, against)]
            found = compared(pairs, split, zero, len(others), registration)
            result.append(comparison_entry(arm, against, split, found, registration))
    return result


def paired_seeds(runs: Sequence[RunResult], arm: str, against: str) -> list[int]:
    """Return the seeds at which both arms came to an end; diverged runs count, unfinished ones cannot."""
    ended = {(run.arm, run.seed) for run in runs if run.state in {"finished", "diverged"}}
    return sorted(seed for name, seed in ended if name == arm and (against, seed) in ended)


def compared(
    pairs: Sequence[tuple[RunResult, RunResult]], split: str, zero: float, count: int, registration: Registration
) -> Compared:
    """Return the finding of one comparison, with diverged runs at the zero predictor's error."""
    first, second = ([pair[side].error(split) for pair in pairs] for side in (0, 1))
    imputed = statistics.impute_diverged(first, second, zero)
    comparison = statistics.compare(imputed.a, imputed.b, count)
    finding = statistics.verdict(comparison, registration.seeds, registration.margin)
    diverged = int(imputed.diverged_a.sum()), int(imputed.diverged_b.sum())
    if pairs and min(diverged) == len(pairs):
        # Equal by imputation: no ratio of errors is behind it, and no fault either.
        finding = replace(finding, reason="all runs of both arms diverged or are worse than predicting zero")
    return Compared(finding, diverged)


def comparison_entry(arm: str, against: str, split: str, found: Compared, registration: Registration) -> dict[str, Any]:
    """Return a comparison as an entry of `results.json`; numbers that do not exist are null."""
    c = found.finding.comparison
    numbers = {"ratio": c.ratio, "low": c.low, "high": c.high, "p": None if c.degenerate else c.p}
    return {
        "arm": arm,
        "against": against,
        "split": split,
        "registered": split == registration.split,
        "seeds": c.n,
        "diverged": list(found.diverged),
        **{name: value if value is not None and math.isfinite(value) else None for name, value in numbers.items()},
        "verdict": found.finding.words,
        "sentence": found.sentence(arm, against),
    }
