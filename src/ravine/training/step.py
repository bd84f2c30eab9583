"""One optimiser step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ravine.energies.base import Energy
from ravine.mining.curriculum import MiningSettings
from ravine.objective import Draw, Losses, Objective
from ravine.precision import Precision, arithmetic, products
from ravine.training.branches import beside
from ravine.training.engines.seeds import LossesTogether, leave_gradients
from ravine.training.gradient import StepGradient
from ravine.training.health import Health
from ravine.training.ranks import ALONE, Ranks


@dataclass(frozen=True)
class Stepped:
    """The losses of this process's parts of a step, in order, and the gradient's norm before clipping, a scalar."""

    parts: tuple[Losses, ...]
    gradient_norm: Tensor


@dataclass(frozen=True)
class Stepper:
    """Takes one optimiser step on a draw: losses, backward, clip, guard, step.

    `accumulation` parts of each process in `ranks` share one step; `precision` "bfloat16" runs the objective under
    autocast, "tf32" the products of both passes; the weights stay float32.
    """

    objective: Objective
    optimizer: torch.optim.Optimizer
    health: Health
    accumulation: int
    clip: float
    precision: Precision
    ranks: Ranks = ALONE

    def step(self, step: int, draw: Draw, settings: MiningSettings, learning_rate: float) -> Stepped:
        """Take optimiser step `step`; where anything is not finite or a mining rule is broken the weights stay."""
        self.begin(step, learning_rate)
        return self.take(draw, settings)

    def begin(self, step: int, learning_rate: float) -> None:
        """Say which step comes next and how large it is: all that differs between two steps of the same settings."""
        self.health.begin(step)
        for group in self.optimizer.param_groups:
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(learning_rate)
            else:
                group["lr"] = learning_rate

    def take(self, draw: Draw, settings: MiningSettings) -> Stepped:
        """Take the step that was begun, without reading anything back and without a number that changes by the step."""
        return take_together([self], [draw], settings)[0]

    def put(self, gradient: StepGradient, numbered: Sequence[tuple[int, Losses]]) -> Stepped:
        """Step by a gradient, of parts with their numbers; clip it before, and guard the weights against it."""
        gradient.put()
        parts = [part for _, part in numbered]
        norm = clip_gradients(self.objective.energy, self.clip)
        finite = self.ranks.all(torch.stack([norm, *(part.total.detach() for part in parts)]).isfinite().all())
        violations = [
            (name, index * len(part.errors) + arm.rows.start, arm.violation)
            for index, part in numbered
            for name, arm in part.arms.items()
        ]
        # The fused optimiser leaves weights and moments alone where found_inf is 1: the guard waits for nobody.
        self.optimizer.found_inf = self.health.observe(finite, self.ranks.every(violations))  # type: ignore[attr-defined]
        self.optimizer.step()
        return Stepped(tuple(parts), norm)

    def losses(self, part: Draw, settings: MiningSettings) -> Losses:
        """Return the losses of a part of a step, in the precision of the training."""
        with arithmetic(self.precision, part.batch.x.device):
            losses: Losses = self.objective(part, settings)
        return losses

    def parts(self, draw: Draw) -> list[Draw]:
        """Return the parts of a step's draw, those of all processes."""
        return draw.parts(self.accumulation * self.ranks.size)


Gradient = tuple[StepGradient, list[tuple[int, Losses]]]
"""What the parts of a step come to: their gradient, and the losses of each with its number."""
Gradients = Callable[[Sequence[Stepper], Sequence[Draw], MiningSettings], list[Gradient]]


def gradients_together(
    steppers: Sequence[Stepper],
    draws: Sequence[Draw],
    settings: MiningSettings,
    together: LossesTogether | None = None,
) -> list[Gradient]:
    """Return the gradients of the steps of runs that differ in weights and draws alone, computed as one program.

    `together`: computes the losses of several of them.
    """
    first = steppers[0]
    count = first.accumulation * first.ranks.size
    found: list[Gradient] = [(StepGradient(each.objective.energy, each.ranks, count), []) for each in steppers]
    for each in steppers:
        each.optimizer.zero_grad(set_to_none=True)
    for index, parts in first.ranks.own(list(enumerate(zip(*map(first.parts, draws), strict=True)))):
        losses = backward(steppers, parts, settings, 1 / count, together)
        for (gradient, numbered), part in zip(found, losses, strict=True):
            gradient.take()
            numbered.append((index, part))
    return found


def take_together(
    steppers: Sequence[Stepper],
    draws: Sequence[Draw],
    settings: MiningSettings,
    gradients: Gradients = gradients_together,
) -> list[Stepped]:
    """Take the begun steps of runs that differ in weights and draws alone; `gradients`: how gradients are taken."""
    found = gradients(steppers, draws, settings)
    return beside([partial(each.put, *own) for each, own in zip(steppers, found, strict=True)])


def backward(
    steppers: Sequence[Stepper],
    parts: Sequence[Draw],
    settings: MiningSettings,
    weight: float,
    together: LossesTogether | None,
) -> list[Losses]:
    """Return the losses of a part of each run's step, computed as one program; their gradients, weighted, are left."""
    first, objectives, weights = steppers[0], [each.objective for each in steppers], None
    if len(steppers) == 1:
        losses = [first.losses(parts[0], settings)]
    else:
        with arithmetic(first.precision, parts[0].batch.x.device):
            losses, weights = (together or LossesTogether(objectives[0]))(objectives, parts, settings)
    with products(first.precision):
        torch.autograd.backward([weight * each.total for each in losses])
    if weights is not None:
        leave_gradients(objectives, weights)
    return losses


def clip_gradients(energy: Energy[Any], limit: float) -> Tensor:
    """Scale the gradients to a norm of at most `limit` and return the norm they had."""
    parameters = list(energy.parameters())
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    norm = torch.nn.utils.get_total_norm(gradients)
    torch.nn.utils.clip_grads_with_norm_(parameters, limit, norm)
    return norm
