"""Training steps seen from outside."""

from dataclasses import dataclass
from typing import Any

from ravine.doctor.pipeline import Pipeline
from ravine.doctor.shown import Seen


@dataclass(frozen=True)
class Step:
    """One training step seen from outside: the clock before and after, optimiser steps, and what it used."""

    before: int
    after: int
    optimizer_steps: int
    seen: Seen


def observed(pipeline: Pipeline, steps: int) -> list[Step]:
    """Take training steps on a copy and return what each did, counting the optimiser's own steps."""
    result, counted = [], 0

    def count(*_: Any) -> None:
        nonlocal counted
        counted += 1

    with pipeline.optimizer().register_step_post_hook(count):
        for _ in range(steps):
            before, counted = pipeline.clock(), 0
            seen = pipeline.step()
            result.append(Step(before, pipeline.clock(), counted, seen))
    return result
