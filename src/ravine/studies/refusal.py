"""Why two runs cannot be compared: what must be equal for a ratio of their errors to mean anything."""

from collections.abc import Mapping, Sequence
from typing import Any

from ravine.studies.outcome import ENDED, RunResult
from ravine.studies.plan import Registration

EQUAL_COMPUTE = 0.01
"""Relative difference in energy evaluations, beyond that of one optimiser step, that still counts as equal."""
Pair = tuple[RunResult, RunResult]


def refusal(
    pairs: Sequence[Pair], against: str, others: Sequence[RunResult], split: str, registration: Registration
) -> str | None:
    """Return why an arm cannot be compared with `against`, whose runs are `others`, on a split; or None.

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
        if (found := difference(first, second, split, registration)) is not None:
            return found
    return None


def difference(first: RunResult, second: RunResult, split: str, registration: Registration) -> str | None:
    """Return in words what two finished runs of a seed do not have in common, or None."""
    if registration.matching == "compute":
        told = budget_difference(first, second)
    else:
        told = unequal("training budget", first, second, training(first), training(second))
    return told or next(
        (
            words
            for what, of in (("test problems", "problems"), ("test-set hash", "hash"), ("solving budget", SOLVING))
            if (words := unequal(what, first, second, tested(first, split, of), tested(second, split, of)))
        ),
        unequal("code version", first, second, first.facts.get("version"), second.facts.get("version")),
    )


SOLVING = "solve_evaluations"


def tested(run: RunResult, split: str, what: str) -> Any:
    """Return a fact of the run's test on a split."""
    return run.splits[split].get(what)


def training(run: RunResult) -> str:
    """Return a run's budget of training in words."""
    batch = run.facts.get("batch")
    return f"{run.facts.get('steps')} steps" + ("" if batch is None else f" of batch {batch}")


def budget_difference(first: RunResult, second: RunResult) -> str | None:
    """Return in words by how much the energy evaluations in training differ, if by more than a step and 1 %."""
    a, b = (evaluations(run.facts) for run in (first, second))
    step = max(cost_of_step(run.facts) for run in (first, second))
    if abs(a - b) <= step + EQUAL_COMPUTE * max(a, b):
        return None
    return unequal("energy evaluations in training", first, second, f"{a:.4g}", f"{b:.4g}")


def evaluations(facts: Mapping[str, Any]) -> float:
    """Return a run's energy evaluations in training."""
    return float(facts.get("energy_evaluations") or 0)


def cost_of_step(facts: Mapping[str, Any]) -> float:
    """Return a run's energy evaluations per optimiser step."""
    return evaluations(facts) / max(1, int(facts.get("steps") or 1))


def unequal(what: str, first: RunResult, second: RunResult, a: Any, b: Any) -> str | None:
    """Return the sentence for two facts that differ, or None for equal ones."""
    if a == b:
        return None
    shown = ["not recorded" if value is None else str(value) for value in (a, b)]
    return f"different {what} at seed {first.seed}: {first.arm} {shown[0]}, {second.arm} {shown[1]}"
