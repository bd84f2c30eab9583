"""The losses of several runs as one program: weights and draws side by side, every operation once for all of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from ravine.batch import Batch
from ravine.derivative import side_by_side
from ravine.mining.context import MiningContext
from ravine.mining.curriculum import MiningSettings
from ravine.mining.miner import Mined
from ravine.mining.refine.base import Refined
from ravine.objective import ArmDraw, ArmLosses, Draw, Losses, Objective, OwnLoss
from ravine.origin import Origin

DATA = (Draw, ArmDraw, Batch, Origin, Losses, ArmLosses, OwnLoss, Mined, Refined, MiningContext)
"""What holds a step's tensors; all else within it, such as tasks and miners, is the same for all runs."""


def losses_together(objectives: Sequence[Objective], draws: Sequence[Draw], settings: MiningSettings) -> list[Losses]:
    """Return the losses of each objective on its own draw, equal to those computed one by one but for rounding.

    The objectives differ in their weights and buffers alone, the draws in their tensors. What PyTorch cannot map over
    runs raises what it raises (a `RuntimeError`), as where the course of a computation depends on its values.
    """
    made: list[Losses] = []

    def one(weights: Mapping[str, Tensor], drawn: list[Tensor]) -> list[Tensor]:
        made.append(functional_call(objectives[0], dict(weights), (filled(draws[0], drawn), settings)))
        return tensors(made[0])

    held = [weights_of(objective) for objective in objectives]
    weights = {name: torch.stack([own[name] for own in held]) for name in held[0]}
    drawn = [torch.stack(each) for each in zip(*map(tensors, draws), strict=True)]
    with side_by_side():
        every = torch.vmap(one)(weights, drawn)
    return [filled(made[0], own) for own in zip(*[each.unbind() for each in every], strict=True)]


def weights_of(module: nn.Module) -> dict[str, Tensor]:
    """Return the parameters and buffers of a module by name."""
    return {**dict(module.named_parameters()), **dict(module.named_buffers())}


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


def filled(data: Any, values: Iterable[Tensor]) -> Any:
    """Return a step's data with other tensors in place of its own, in the order of `tensors`."""
    left = iter(values)
    return replaced(data, lambda tensor: next(left))
