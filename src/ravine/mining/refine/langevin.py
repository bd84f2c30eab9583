"""Langevin dynamics of the energy at the same landscape: wrong answers as likely as the energy makes them."""

from typing import Any, Literal

import torch
from jaxtyping import Bool, Float
from pydantic import model_validator
from torch import Tensor

from ravine.batch import per_problem
from ravine.energies.base import EnergyAndGradient
from ravine.mining.context import MiningContext
from ravine.mining.free import squared_length
from ravine.mining.refine.base import Refine, Refined
from ravine.mining.refine.region import region
from ravine.section import Count, NotNegative, Positive


class Langevin(Refine):
    """`steps` of y - h grad E + sqrt(2 h T) z, h = `step_scale` eta_k, z standard normal, on the landscape's scale.

    For small h, or at any h with `metropolis`, answers come to be distributed as exp(-E / T), T = `temperature`; at
    T = 0 without it the steps are those of descent that keeps all. Adding a constant to the energy changes nothing.
    Where steps are brought back to the bound or the radius, that law holds only roughly. Costs `steps` + 1 evaluations.
    Source: Roberts and Tweedie 1996; as a source of negatives Du and Mordatch 2019.
    """

    kind: Literal["langevin"] = "langevin"
    steps: Count = 10
    """Langevin steps."""
    step_scale: Positive = 1.0
    """Multiplies each landscape's own step size."""
    temperature: NotNegative = 1.0
    """Of the distribution that is sampled, in units of energy."""
    metropolis: bool = False
    """Accept or reject each step, so that large ones do not bias what is sampled."""
    radius: Positive | None = None
    """Farthest distance from the right answer, in units of its root mean square."""

    falls = False

    @model_validator(mode="after")
    def _an_acceptance_has_a_temperature(self) -> "Langevin":
        if self.metropolis and not self.temperature:
            raise ValueError('metropolis needs a temperature above 0; write kind = "descent"')
        return self

    def draw(self, context: MiningContext, candidates: int, generator: torch.Generator) -> Tensor:
        """Return every step's z, flat, and behind it a number from U(0, 1) to accept by, (b, m, steps, entries + 1)."""
        y = context.batch.y
        shape = len(y), candidates, self.steps
        normal = torch.randn((*shape, y[0].numel()), generator=generator, device=y.device, dtype=y.dtype)
        uniform = torch.rand((*shape, 1), generator=generator, device=y.device, dtype=y.dtype)
        return torch.cat([normal, uniform], -1)

    def run(
        self, condition: Any, context: MiningContext, proposals: Float[Tensor, "b *answer"], noise: Tensor | None = None
    ) -> Refined:
        """Return the proposals, moved by the chain; with a radius they are first brought inside it."""
        assert noise is not None  # as `draw` returned it
        diffusion, k, energy = context.diffusion, context.k, context.energy
        project, h = region(context, self.radius), self.step_scale * diffusion.step_size[k]
        y = project(diffusion.scale(proposals, k))
        point = energy.energy_and_gradient(condition, y)
        before, accepted = point.energy, torch.zeros_like(point.energy)
        for step in range(self.steps):
            z, uniform = noise[:, step, :-1].reshape(y.shape), noise[:, step, -1]
            ahead = torch.addcmul(y, per_problem(h, y), point.gradient, value=-1.0)  # as descent steps, to the bit
            moved = project(ahead + per_problem((2 * self.temperature * h).sqrt(), y) * z)
            if self.metropolis or step + 1 < self.steps:
                new = energy.energy_and_gradient(condition, moved)
            else:  # nobody asks for the gradient where the chain ends
                new = EnergyAndGradient(energy.energy(condition, moved), point.gradient)
            keep = torch.ones_like(uniform, dtype=torch.bool)
            if self.metropolis:
                back = moved - per_problem(h, y) * new.gradient
                farther = squared_length(moved - ahead, context.batch) - squared_length(y - back, context.batch)
                rise = (new.energy - point.energy) / self.temperature
                keep = uniform.log() < farther / (4 * self.temperature * h) - rise
            y, point = where(keep, moved, y), where_point(keep, new, point)
            accepted = accepted + keep
        answers = context.hold(diffusion.unscale(y, k))
        return Refined(answers, before, point.energy, accepted / self.steps, self.steps + 1)


def where(rows: Bool[Tensor, " b"], new: Tensor, old: Tensor) -> Tensor:
    """Return the `new` rows where `rows` is true, else the `old` ones."""
    return torch.where(per_problem(rows, new), new, old)


def where_point(rows: Bool[Tensor, " b"], new: EnergyAndGradient, old: EnergyAndGradient) -> EnergyAndGradient:
    """Return energy and gradient of the `new` point where `rows` is true, else of the `old` one."""
    return EnergyAndGradient(where(rows, new.energy, old.energy), where(rows, new.gradient, old.gradient))
