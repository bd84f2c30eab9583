"""What a training run calls on its way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Callbacks:
    """Functions that a training run calls: `on_step` after every step, `on_row` with every row that it logs.

    `on_step` is given the number of steps taken; `on_row` a row as `metrics.jsonl` holds it; `stop` is asked after
    every step, and where it says yes the run writes a checkpoint and ends as "interrupted"; `save` is asked as often,
    and where it says yes the run writes a checkpoint and goes on. They cost what they take; what they raise ends the
    run.
    """

    on_step: Callable[[int], object] = lambda step: None
    on_row: Callable[[Mapping[str, Any]], object] = lambda row: None
    stop: Callable[[], bool] = lambda: False
    save: Callable[[], bool] = lambda: False
