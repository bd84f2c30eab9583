"""Ascent of the denoising error: points at which the energy predicts the noise badly."""

from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor, finfo

from ravine.batch import per_problem
from ravine.derivative import value_and_gradient
from ravine.errors import MiningError
from ravine.mining.context import MiningContext
from ravine.mining.free import root_mean_square
from ravine.mining.refine.base import Refine, Refined
from ravine.mining.refine.region import region
from ravine.section import Number, Positive


class Ascend(Refine):
    """`steps` up the denoising error |grad_y E(z) - eps_z|^2 at z = s m + sigma eps, s = sqrt(abar_k), m the answer.

    eps is the noise of the row's right answer y, and the target moves along: eps_z = eps + (s / sigma) (m - y). Every
    step is `step` sigma long and ends within `radius` sigma of the proposal, root mean square over free entries. One
    evaluation a step: a gradient of the energy, differentiated once more, as the denoising loss does. Source: projected
    gradient ascent (Madry et al. 2018, equation 2).
    """

    kind: Literal["ascent"] = "ascent"
    steps: Number = 1
    """Steps of ascent; 0 leaves the proposals as they are, and costs nothing."""
    step: Positive = 0.1
    """Length of a step, in units of its landscape's noise."""
    radius: Positive | None = 0.3
    """Farthest distance from the proposal, in units of its landscape's noise."""
    direction: Literal["error", "random"] = "error"
    """random: the control that moves as far in a random direction, at the same cost."""

    falls = False

    @property
    def guided(self) -> bool:
        """Whether a step is taken that the energy has a say in."""
        return self.steps > 0 and self.direction == "error"

    @property
    def needs_energy(self) -> bool:
        """No: the denoising error is that of any noise prediction."""
        return False

    def draw(self, context: MiningContext, candidates: int, generator: torch.Generator) -> Tensor:
        """Return the random directions, (b, m, ...): drawn by both, so that both are proposed the same."""
        return context.standard_normal(candidates, generator)

    def run(
        self, condition: Any, context: MiningContext, proposals: Float[Tensor, "b *answer"], noise: Tensor | None = None
    ) -> Refined:
        """Return the proposals where their error is higher; a `MiningError` where the rows' noise is not known."""
        if self.steps == 0:
            return Refined(proposals)
        assert noise is not None  # as `draw` returned it
        sigma, project = context.diffusion.sigma[context.k], region(context, None)
        start = project(context.diffusion.scale(proposals, context.k))
        point = start
        for _ in range(self.steps):
            slope = error_slope(condition, context, point)
            point = point + self.step * per_problem(sigma, point) * unit(slope, context)
            point = project(start + self._within(point - start, sigma, context))
        if self.direction == "random":
            size = root_mean_square(point - start, context.batch)
            point = project(start + per_problem(size, start) * unit(noise, context))
        return Refined(context.hold(context.diffusion.unscale(point, context.k)), evaluations=self.steps)

    def _within(self, offset: Tensor, sigma: Tensor, context: MiningContext) -> Tensor:
        """Return offsets shortened to the radius."""
        if self.radius is None:
            return offset
        size = root_mean_square(offset, context.batch).clamp(min=finfo(offset.dtype).tiny)
        return per_problem((self.radius * sigma / size).clamp(max=1.0), offset) * offset


def unit(direction: Float[Tensor, "b *answer"], context: MiningContext) -> Float[Tensor, "b *answer"]:
    """Return directions of root mean square 1 over free entries, 0 at the others; a zero stays one."""
    size = root_mean_square(direction, context.batch).clamp(min=finfo(direction.dtype).tiny)
    return context.batch.free(direction) / per_problem(size, direction)


def error_slope(
    condition: Any, context: MiningContext, point: Float[Tensor, "b *answer"]
) -> Float[Tensor, "b *answer"]:
    """Return the derivative of the denoising error by the noise-free `point` s m, up to a factor per row."""
    eps = context.eps
    if eps is None:
        raise MiningError("ascent needs the noise of the right answers: mine with a context that has `eps`")
    sigma = per_problem(context.diffusion.sigma[context.k], point)
    right = context.diffusion.scale(context.batch.y, context.k)

    def error(moving: Tensor) -> Tensor:
        target = eps + (moving - right) / sigma
        predicted = context.energy.noise_and_energy(condition, moving + sigma * eps).noise
        return context.batch.free(predicted - target).square().flatten(1).sum(1)

    with torch.no_grad():
        return value_and_gradient(error, point)[1]
