"""Faults by which mining changes what is not its own."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ravine.doctor.faults.planted import Method, Replacement, fault
from ravine.mining.context import MiningContext
from ravine.mining.miner import Mined, Miner


def mining_preceded_by(act: Callable[[MiningContext], None]) -> list[Replacement]:
    """Return the replacement by which every call of a miner does something besides."""

    def choose(original: Method, self: Miner, condition: Any, context: MiningContext, *rest: Any) -> Any:
        act(context)
        return original(self, condition, context, *rest)

    return [(Miner, "choose", choose)]


def mined_changed(change: Callable[[Mined, Any, MiningContext, Tensor], Mined]) -> list[Replacement]:
    """Return the replacement by which what miners return is changed: (mined, condition, context, proposals)."""

    def choose(original: Method, self: Miner, condition: Any, context: MiningContext, *rest: Any) -> Any:
        return change(original(self, condition, context, *rest), condition, context, rest[0])

    return [(Miner, "choose", choose)]


def ignored(value: object) -> None:
    """Return nothing, whatever was done."""


@fault("D509")
def batch_changed_in_place() -> list[Replacement]:
    """Mining moves the right answers a little, in place."""
    return mining_preceded_by(lambda context: ignored(context.batch.y.mul_(1.001)))


@fault("D509", mining_preceded_by)
def gradients_left_behind(context: MiningContext) -> None:
    """Mining runs a backward pass and leaves gradients at the weights."""
    with torch.enable_grad():
        parameter = next(p for p in context.energy.parameters() if p.requires_grad)
        (1e-3 * parameter.square().sum()).backward()  # type: ignore[no-untyped-call]


@fault("D509")
def mode_left_changed() -> list[Replacement]:
    """Mining sets the energy to evaluation mode and does not set it back."""
    return mining_preceded_by(lambda context: ignored(context.energy.eval()))


@fault("D509")
def global_random_state_used() -> list[Replacement]:
    """Mining draws from NumPy's global generator."""
    return mining_preceded_by(lambda context: ignored(np.random.standard_normal(1)))  # noqa: NPY002
