"""What a training run calls on its way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Began:
    """A run that begins, or goes on after `step` steps: its directory and its whole configuration as plain values.

    `rollbacks`: how often it has gone back to an earlier checkpoint by then.
    """

    directory: Path
    config: Mapping[str, Any]
    step: int
    rollbacks: int = 0


@dataclass(frozen=True)
class Ended:
    """How a process's work on a run ended: "finished", "interrupted", "diverged" or "failed", and at which step.

    `error`: why, where it did not finish; `scores`: of a finished run, split -> metric -> mean over the test problems.
    """

    state: str
    step: int
    error: str | None = None
    scores: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)


@dataclass(frozen=True)
class Callbacks:
    """Functions that a training run calls: the one protocol for whatever looks on, trackers included.

    `on_start` is called before the first step; `on_step` after every step with the number of steps taken; `on_row` with
    every row as `metrics.jsonl` holds it: of steps ("loss"), of validations ("validation") and of a way back to an
    earlier checkpoint ("rollback"); `on_end` however the run ends, after its scores. `stop` is asked after every step,
    and where it says yes the run writes a checkpoint and ends as "interrupted"; `save` is asked as often, and where it
    says yes the run writes a checkpoint and goes on. They cost what they take; what they raise ends the run. Of several
    processes that share a run the first alone calls `on_start`, `on_row` and `on_end`.
    """

    on_step: Callable[[int], object] = lambda step: None
    on_row: Callable[[Mapping[str, Any]], object] = lambda row: None
    stop: Callable[[], bool] = lambda: False
    save: Callable[[], bool] = lambda: False
    on_start: Callable[[Began], object] = lambda began: None
    on_end: Callable[[Ended], object] = lambda ended: None
