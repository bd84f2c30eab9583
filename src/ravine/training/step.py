"""One optimiser step."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ravine.energies.base import Energy
from ravine.mining.curriculum import MiningSettings
from ravine.objective import Draw, Losses, Objective
from ravine.training.gradient import StepGradient
from ravine.training.health import Health
from ravine.training.precision import Precision, products
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
        self.optimizer.zero_grad(set_to_none=True)
        count = self.accumulation * self.ranks.size
        gradient = StepGradient(self.objective.energy, self.ranks, count)
        parts, violations = [], []
        for index, part in self.ranks.own(list(enumerate(draw.parts(count)))):
            with products(self.precision):
                losses = self.losses(part, settings)
                (losses.total / count).backward()  # type: ignore[no-untyped-call]
            gradient.take()
            parts.append(losses)
            for name, arm in losses.arms.items():
                violations.append((name, index * len(part.batch) + arm.rows.start, arm.violation))
        gradient.put()
        norm = clip_gradients(self.objective.energy, self.clip)
        finite = self.ranks.all(torch.stack([norm, *(part.total.detach() for part in parts)]).isfinite().all())
        # The fused optimiser leaves weights and moments alone where found_inf is 1: the guard waits for nobody.
        self.optimizer.found_inf = self.health.observe(finite, self.ranks.every(violations))  # type: ignore[attr-defined]
        self.optimizer.step()
        return Stepped(tuple(parts), norm)

    def parts(self, draw: Draw) -> list[Draw]:
        """Return the parts of a step's draw, those of all processes."""
        return draw.parts(self.accumulation * self.ranks.size)

    def losses(self, part: Draw, settings: MiningSettings) -> Losses:
        """Return the losses of a part of a step, in the precision of the training."""
        device = part.batch.x.device.type
        with torch.autocast(device, torch.bfloat16, enabled=self.precision == "bfloat16"):
            losses: Losses = self.objective(part, settings)
        return losses


def clip_gradients(energy: Energy[Any], limit: float) -> Tensor:
    """Scale the gradients to a norm of at most `limit` and return the norm they had."""
    parameters = list(energy.parameters())
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    norm = torch.nn.utils.get_total_norm(gradients)
    torch.nn.utils.clip_grads_with_norm_(parameters, limit, norm)
    return norm
