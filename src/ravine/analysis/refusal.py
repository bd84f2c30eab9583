"""Why two runs cannot be compared: what must be equal for their difference to mean anything."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from ravine.analysis.outcome import ENDED, RunResult
from ravine.analysis.plan import Registration
from ravine.identity import changes

EQUAL_COMPUTE = 0.01
"""Relative difference in what training cost, beyond that of one optimiser step, that still counts as equal."""
Pair = tuple[RunResult, RunResult]


def refusal(
    pairs: Sequence[Pair],
    against: str,
    others: Sequence[RunResult],
    split: str,
    metric: str,
    registration: Registration,
) -> str | None:
    """Return why an arm cannot be compared with `against`, whose runs are `others`, by a metric on a split; or None.

    `pairs`: the runs of both arms at the seeds where both came to an end.
    """
    ended = [run for run in others if run.state in ENDED]
    if ended and not any(run.state == "diverged" or split in run.splits for run in ended):
        return f"{against} was never measured on {split}, so nothing there can be told by it"
    for pair in pairs:
        first, second = pair
        if first.state != "finished" or second.state != "finished":
            continue
        for run in pair:
            if split not in run.splits:
                return f"seed {run.seed} of {run.arm} was not measured on {split}"
            if metric not in run.splits[split]["metrics"]:
                return f"seed {run.seed} of {run.arm} did not record {metric} on {split}"
        if (found := difference(first, second, split, registration)) is not None:
            return found
    return code_difference([run for pair in pairs for run in pair])


def code_difference(runs: Sequence[RunResult]) -> str | None:
    """Return in words where runs were made with different code, or None.

    Seeds of an arm must have all of their code in common, arms the modules that both use; runs of which some recorded
    none, their code versions.
    """
    if not all(run.code for run in runs):
        return version_difference([run for run in runs if run.state == "finished"])
    first: dict[str, RunResult] = {}
    for run in runs:
        of_arm = first.setdefault(run.arm, run)
        if differing := changes(of_arm.code, run.code):
            seeds = f"between seeds {of_arm.seed} and {run.seed} of {run.arm}"
            return f"different code {seeds}: {', '.join(differing)}"
    for a, b in combinations(first.values(), 2):
        if differing := [name for name in changes(a.code, b.code) if name in a.code and name in b.code]:
            return f"different code of {a.arm} and {b.arm}: {', '.join(differing)}"
    return None


def version_difference(runs: Sequence[RunResult]) -> str | None:
    """Return in words which runs are of different code versions, or None."""
    for run in runs:
        a, b = (entry.facts.get("version") for entry in (runs[0], run))
        if a != b:
            return f"different code versions: {runs[0].arm}, seed {runs[0].seed}, {a}; {run.arm}, seed {run.seed}, {b}"
    return None


def difference(first: RunResult, second: RunResult, split: str, registration: Registration) -> str | None:
    """Return in words what two finished runs of a seed do not have in common, or None."""
    if {first.arm, second.arm} & {*registration.longer}:
        told = None
    elif registration.matching in COSTS:
        told = budget_difference(first, second, *COSTS[registration.matching])
    else:
        told = unequal("training budget", first, second, training(first), training(second))
    if not (first.code and second.code):
        version = (run.facts.get("version") for run in (first, second))
        told = told or unequal("code version", first, second, *version)
    return told or next(
        (
            words
            for what, of in (("test problems", "problems"), ("test-set hash", "hash"), ("solving budget", SOLVING))
            if (words := unequal(what, first, second, tested(first, split, of), tested(second, split, of)))
        ),
        None,
    )


SOLVING = "solve_evaluations"


def tested(run: RunResult, split: str, what: str) -> Any:
    """Return a fact of the run's test on a split."""
    return run.splits[split].get(what)


def training(run: RunResult) -> str:
    """Return a run's budget of training in words."""
    batch = run.facts.get("batch")
    return f"{run.facts.get('steps')} steps" + ("" if batch is None else f" of batch {batch}")


COSTS = {
    "compute": ("energy_evaluations", "energy evaluations in training"),
    "operations": ("operations", "operations in training"),
}
"""The fact by which arms are matched, and its name, for every `matching` but by steps."""


def budget_difference(first: RunResult, second: RunResult, fact: str, name: str) -> str | None:
    """Return in words by how much the costs of training differ, if by more than a step and 1 %."""
    a, b = (float(run.facts.get(fact) or 0) for run in (first, second))
    steps = [max(1, int(run.facts.get("steps") or 1)) for run in (first, second)]
    if abs(a - b) <= max(a / steps[0], b / steps[1]) + EQUAL_COMPUTE * max(a, b):
        return None
    return unequal(name, first, second, f"{a:.4g}", f"{b:.4g}")


def unequal(what: str, first: RunResult, second: RunResult, a: Any, b: Any) -> str | None:
    """Return the sentence for two facts that differ, or None for equal ones."""
    if a == b:
        return None
    shown = ["not recorded" if value is None else str(value) for value in (a, b)]
    return f"different {what} at seed {first.seed}: {first.arm} {shown[0]}, {second.arm} {shown[1]}"
