"""The losses of several runs as one program: weights and draws side by side, every operation once for all of them."""

from collections.abc import Callable, Hashable, Sequence

import torch
from torch import Tensor
from torch.func import functional_call

from ravine.derivative import side_by_side
from ravine.mining.curriculum import MiningSettings
from ravine.objective import Draw, Losses, Objective
from ravine.training.engines.tensors import filled, form, tensors

Weights = dict[str, Tensor]
"""Weights and buffers of runs by name, side by side, (runs, ...)."""
Mapped = Callable[[Objective, Draw, MiningSettings, Weights, list[Tensor]], list[Tensor]]


class LossesTogether:
    """The losses of each objective on its own draw, equal to those computed one by one but for rounding.

    The objectives differ in their weights and buffers alone, the draws in their tensors. What PyTorch cannot map over
    runs raises what it raises (a `RuntimeError`), as where the course of a computation depends on its values.
    `objective`: of any of the runs, as it is written; `computed`: makes of the mapping what an engine computes
    (`Engine.computed`).
    """

    def __init__(self, objective: Objective, computed: Callable[[Mapped], Mapped] = lambda mapping: mapping) -> None:
        self.objective = objective
        self.mapped = computed(mapped)
        self.forms: dict[Hashable, tuple[Draw, Losses]] = {}

    def __call__(
        self, objectives: Sequence[Objective], draws: Sequence[Draw], settings: MiningSettings
    ) -> tuple[list[Losses], Weights]:
        """Return the losses of each run, in order, and the weights that they are losses of, side by side."""
        weights = stacked(objectives)
        drawn = [torch.stack(each) for each in zip(*map(tensors, draws), strict=True)]
        with side_by_side():
            draw, losses = self._forms(draws[0], settings)
            every = self.mapped(self.objective, draw, settings, weights, drawn)
        return [filled(losses, own) for own in zip(*[each.unbind() for each in every], strict=True)], weights

    @torch.no_grad()
    def _forms(self, draw: Draw, settings: MiningSettings) -> tuple[Draw, Losses]:
        """Return what such a draw and its losses look like, tensors without values."""
        arms = tuple((arm.arm, arm.rows.start, arm.rows.stop, arm.evaluations) for arm in draw.arms)
        key = (arms, len(draw.batch), draw.variant, draw.searched)
        if key not in self.forms:
            self.forms[key] = form(draw), form(self.objective(draw, settings))
        return self.forms[key]


def mapped(
    objective: Objective, draw: Draw, settings: MiningSettings, weights: Weights, drawn: list[Tensor]
) -> list[Tensor]:
    """Return the tensors of the losses of runs whose weights and draws lie side by side, themselves side by side."""

    def one(weights: Weights, drawn: list[Tensor]) -> list[Tensor]:
        return tensors(functional_call(objective, weights, (filled(draw, drawn), settings)))

    every: list[Tensor] = torch.vmap(one)(weights, drawn)
    return every


def stacked(objectives: Sequence[Objective]) -> Weights:
    """Return copies of the weights and buffers of runs by name, (runs, ...), that take gradients of their own."""
    held = [{**dict(each.named_parameters()), **dict(each.named_buffers())} for each in objectives]
    return {
        name: torch.stack([own[name].detach() for own in held]).requires_grad_(one.requires_grad)
        for name, one in held[0].items()
    }


def leave_gradients(objectives: Sequence[Objective], weights: Weights) -> None:
    """Leave in each run's weights its share of the gradients of `weights`; nothing is copied."""
    for number, objective in enumerate(objectives):
        for name, parameter in objective.named_parameters():
            every = weights[name].grad
            parameter.grad = None if every is None else every[number]
