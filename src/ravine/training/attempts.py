"""The processes that worked on a run: what each was computed with, with which code, and from which step on."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from ravine.environment import Environment, changed
from ravine.errors import RunError
from ravine.identity import Code, changes
from ravine.training.directory import RunDirectory, read_json, write_json

Attempt = Mapping[str, Any]
"""`step` that it went on from, `environment`, `code`."""


def attempts(directory: RunDirectory) -> list[Attempt]:
    """Return a run's attempts, the first one first; none where an older version recorded none."""
    return list(read_json(directory.environment)["attempts"]) if directory.environment.exists() else []


def enter(directory: RunDirectory, step: int, environment: Environment, code: Code) -> None:
    """Record that this process works on a run from `step` on; a `RunError` if it would go on with other code.

    Attempts of which no step has lasted are forgotten.
    """
    lasting = [attempt for attempt in attempts(directory) if attempt["step"] < step]
    if lasting and (differing := changes(lasting[-1]["code"], code)):
        raise RunError(
            f"{directory.path}: its {step} steps were trained with other code ({', '.join(differing)} changed); "
            "restore that code, or train again in another --out or after deleting the directory"
        )
    entry = {"step": step, "environment": environment, "code": dict(code)}
    moves = moved([*lasting, entry])
    write_json(directory.environment, {"attempts": [*lasting, entry], "moved": moves})


def moved(entries: Sequence[Attempt]) -> list[str]:
    """Return in words every change of environment on a run's way, with the step at which it happened."""
    return [
        f"{what} from step {after['step']} on{consequence(before['environment'], after['environment'])}"
        for before, after in pairwise(entries)
        if (what := changed(before["environment"], after["environment"]))
    ]


def consequence(before: Environment, after: Environment) -> str:
    """Return what is no longer bitwise after a change of environment, in words to be added."""
    kinds = {str(each.get("device")).partition(":")[0] for each in (before, after)}
    return ", where problems and noise are new draws" if len(kinds) > 1 else ", equal to rounding"
