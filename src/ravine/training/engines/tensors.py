"""The tensors of a step's data, its draw and its losses: listed, and replaced where they lie."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from torch import Tensor

from ravine.batch import Batch
from ravine.mining.context import MiningContext
from ravine.mining.miner import Mined
from ravine.mining.refine.base import Refined
from ravine.objective import ArmDraw, ArmLosses, Draw, Losses, OwnLoss
from ravine.origin import Origin

DATA = (Draw, ArmDraw, Batch, Origin, Losses, ArmLosses, OwnLoss, Mined, Refined, MiningContext)
"""What holds a step's tensors; all else within it, such as tasks and miners, is the same for all runs."""


def tensors(data: Any) -> list[Tensor]:
    """Return the tensors of a step's data, in order."""
    found: list[Tensor] = []

    def noted(tensor: Tensor) -> Tensor:
        found.append(tensor)
        return tensor

    replaced(data, noted)
    return found


def replaced(data: Any, by: Callable[[Tensor], Tensor]) -> Any:
    """Return a step's data with what `by` makes of each of its tensors, in order, in that one's place."""
    if isinstance(data, Tensor):
        return by(data)
    if isinstance(data, DATA):
        return replace(data, **{field.name: replaced(getattr(data, field.name), by) for field in fields(data)})
    if isinstance(data, Mapping):
        return {key: replaced(each, by) for key, each in data.items()}
    if isinstance(data, tuple):
        return tuple(replaced(each, by) for each in data)
    return data


def form(data: Any) -> Any:
    """Return a step's data with tensors of the same shapes that hold nothing."""
    return replaced(data, lambda tensor: tensor.new_empty(()).expand(tensor.shape))


def filled(data: Any, values: Iterable[Tensor]) -> Any:
    """Return a step's data with other tensors in place of its own, in the order of `tensors`."""
    left = iter(values)
    return replaced(data, lambda tensor: next(left))
