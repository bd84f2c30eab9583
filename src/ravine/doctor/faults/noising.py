"""Faults of noising: right answers and negatives that share no noise, landscape or space; masks dropped."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ravine.diffusion import Diffusion
from ravine.doctor.faults.planted import Replacement, fault
from ravine.mining import refine as refining
from ravine.mining.context import MiningContext
from ravine.mining.curriculum import MiningSettings
from ravine.objective import ArmDraw, Losses, Objective

Method = Callable[..., Any]
Change = Callable[[Losses, MiningSettings], Losses]


def noised_negatives(
    change: Callable[[Objective, MiningContext, Tensor], tuple[MiningContext, Tensor]],
) -> list[Replacement]:
    """Return the replacement by which negatives are noised otherwise than right answers."""

    def make(original: Method) -> Method:
        def arm(self: Objective, arm: ArmDraw, condition: Any, context: MiningContext, eps: Tensor) -> Any:
            held = self.diffusion
            other_context, other_eps = change(self, context, eps)
            self.diffusion = Shifted(held, other_context.k, other_eps)  # type: ignore[assignment]
            try:
                return original(self, arm, condition, context, eps)
            finally:
                self.diffusion = held

        return arm

    return [(Objective, "_arm", make)]


class Shifted:
    """Landscapes that noise with a noise and at levels of their own."""

    def __init__(self, inner: Diffusion, k: Tensor, eps: Tensor) -> None:
        self.inner, self.k, self.eps = inner, k, eps

    def noise(self, y: Tensor, k: Tensor, eps: Tensor) -> Tensor:
        """Return y noised otherwise than asked."""
        count = len(y) // len(self.k)
        return self.inner.noise(y, self.k.repeat_interleave(count), self.eps.repeat_interleave(count, 0))


@fault("D524")
def sharpest_landscape_alone() -> list[Replacement]:
    """Every row of a training batch is of landscape 0."""

    def make(original: Method) -> Method:
        def draw_landscapes(self: Diffusion, *args: Any) -> Tensor:
            drawn: Tensor = original(self, *args)
            return torch.zeros_like(drawn)

        return draw_landscapes

    return [(Diffusion, "draw_landscapes", make)]


@fault("D308")
def noise_not_shared() -> list[Replacement]:
    """Negatives are noised with another eps than right answers."""
    return noised_negatives(lambda objective, context, eps: (context, eps.roll(1, 0)))


@fault("D308")
def landscape_not_shared() -> list[Replacement]:
    """Negatives are noised at the next smoother landscape."""

    def change(objective: Objective, context: MiningContext, eps: Tensor) -> tuple[MiningContext, Tensor]:
        k = (context.k + 1).clamp(max=context.diffusion.landscapes - 1)
        return replace(context, k=k), eps

    return noised_negatives(change)


@fault("D308")
def negatives_in_another_space() -> list[Replacement]:
    """Negatives come as points of their landscape already, and are scaled a second time."""

    def make(original: Method) -> Method:
        def arm(self: Objective, arm: ArmDraw, condition: Any, context: MiningContext, eps: Tensor) -> Any:
            found = original(self, arm, condition, context, eps)
            with_scaled = context.diffusion.scale(found.mined.negatives[:, 0], context.k)
            points = context.diffusion.noise(with_scaled, context.k, eps)
            return replace(found, energy_negative=self.energy.energy(condition, points)[:, None])

        return arm

    return [(Objective, "_arm", make)]


@fault("D315")
def mask_dropped() -> list[Replacement]:
    """Mining forgets which entries are given."""

    def make(original: Method) -> Method:
        def hold(self: MiningContext, answers: Tensor) -> Tensor:
            return answers.clamp(-self.bound, self.bound)

        return hold

    def unmasked(original: Method) -> Method:
        def projection(diffusion: Diffusion, k: Tensor, bound: float, *_: Any) -> Any:
            return original(diffusion, k, bound)

        return projection

    return [(MiningContext, "hold", make), (refining, "projection", unmasked)]
