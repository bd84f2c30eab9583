"""What is minimised: the denoising loss plus the weighted contrast of right and mined answers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor, nn

from ravine.batch import Batch, by_problem
from ravine.denoise.base import Denoise
from ravine.denoise.score import Score
from ravine.diffusion import Diffusion
from ravine.energies.base import Condition, Energy, refuse_compiled
from ravine.mining.context import MiningContext
from ravine.mining.contrast.base import Contrast
from ravine.mining.curriculum import MiningSettings
from ravine.mining.miner import Mined, Miner
from ravine.mining.postcondition import first_violation, right_answers
from ravine.tasks.base import Task

SCORE = Score()


@dataclass(frozen=True)
class ArmDraw:
    """One arm's share of a step: its rows of the batch and their proposals, (rows, m, ...).

    `noise`: the randomness of their refinement, (rows, m, ...), if it needs any; `evaluations`: energy evaluations that
    the proposals of one problem took.
    """

    arm: str
    miner: Miner
    rows: slice
    proposals: Float[Tensor, "b m *answer"]
    noise: Shaped[Tensor, "b m *noise"] | None = None
    evaluations: int = 0

    def part(self, rows: slice) -> "ArmDraw | None":
        """Return what lies in `rows` of the batch, numbered from their start; None for nothing."""
        start, stop = max(self.rows.start, rows.start), min(self.rows.stop, rows.stop)
        if start >= stop:
            return None
        inner = slice(start - self.rows.start, stop - self.rows.start)
        outer = slice(start - rows.start, stop - rows.start)
        noise = None if self.noise is None else self.noise[inner]
        return replace(self, rows=outer, proposals=self.proposals[inner], noise=noise)


@dataclass(frozen=True)
class Draw:
    """All randomness of one step, drawn before the first evaluation: problems, landscapes, noise and proposals.

    `variant`: the energy's own random choice, if it makes one (`Energy.draw_variant`). Cutting it into parts for
    gradient accumulation therefore changes nothing but the order of summation.
    """

    batch: Batch
    k: Int[Tensor, " b"]
    eps: Float[Tensor, "b *answer"]
    arms: tuple[ArmDraw, ...] = ()
    variant: int | None = None

    def part(self, rows: slice) -> "Draw":
        """Return the problems in `rows` alone, each arm's share cut accordingly."""
        arms = tuple(part for arm in self.arms if (part := arm.part(rows)) is not None)
        return Draw(self.batch.rows(rows), self.k[rows], self.eps[rows], arms, self.variant)

    def parts(self, count: int) -> list["Draw"]:
        """Return the draw cut into `count` parts of equal size."""
        size = len(self.batch) // count
        return [self.part(slice(start, start + size)) for start in range(0, size * count, size)]


@dataclass(frozen=True)
class ArmLosses:
    """What one arm's negatives did: their energies (rows, s), what was mined and where, which of it the verifier takes
    for right answers (rows, s), and the first broken rule with its row, or -1s."""

    rows: slice
    energy_negative: Float[Tensor, "b s"]
    mined: Mined
    context: MiningContext
    right: Bool[Tensor, "b s"]
    violation: Int[Tensor, "2"]


@dataclass(frozen=True)
class Losses:
    """The losses of one step, all tensors.

    `total` = `denoise` + weight * `contrast`, scalars; `energy_positive`: E(x, y_k, k), (b,); `arms`: by name;
    `evaluations`: energy evaluations, summed over the batch.
    """

    total: Float[Tensor, ""]
    denoise: Float[Tensor, ""]
    contrast: Float[Tensor, ""]
    energy_positive: Float[Tensor, " b"]
    arms: Mapping[str, ArmLosses]
    evaluations: int


class Objective(nn.Module):
    """L = denoise(E, y_k) + weight * contrast(E+, E-).

    `denoise`: by default mean |grad_y E(x, y_k, k) - eps|^2, the energy's gradient being the noise prediction. Positive
    and negative are noised here, with the same eps and k, so that no miner can compare points of different landscapes.
    A problem of which a mined point is right by the task's verifier has no contrast: its term is 0, and it is counted
    (`ArmLosses.right`). Wrap this module, not the energy, for data-parallel training: the loss goes through the
    energy's gradient. An `InputError` refuses an energy that was wrapped by `torch.compile`. Source: Du et al. 2024,
    equations 5 to 7.
    """

    def __init__(
        self, energy: Energy[Any], diffusion: Diffusion, task: Task, contrast: Contrast, denoise: Denoise = SCORE
    ) -> None:
        super().__init__()
        refuse_compiled(energy)
        self.energy = energy
        self.diffusion = diffusion
        self.task = task
        self.contrast = contrast
        self.denoise = denoise

    def forward(self, draw: Draw, settings: MiningSettings) -> Losses:
        """Return the losses of one draw under the step's settings."""
        batch, k, energy = draw.batch, draw.k, self.energy.varied(draw.variant)
        eps = free_noise(draw)
        condition = energy.condition(batch.x, k)
        context = MiningContext(energy, self.task, batch, k, self.diffusion)
        y_k = self.diffusion.noise(batch.y, k, eps)
        point = self.denoise(energy, condition, y_k, eps, batch, context.noise_level())
        contrast, evaluations, arms = point.loss.new_zeros(()), len(batch), {}
        for arm in draw.arms:
            losses = self._arm(arm, condition.rows(arm.rows), context.rows(arm.rows), eps[arm.rows])
            per_row = self.contrast(point.energy[arm.rows], losses.energy_negative, settings.temperature)
            wrong = torch.where(losses.right.any(1), torch.zeros_like(per_row), per_row)
            contrast = contrast + wrong.sum() / len(batch)
            mining = arm.evaluations + losses.mined.evaluations
            evaluations += losses.energy_negative.numel() + len(per_row) * mining
            arms[arm.arm] = losses
        total = point.loss + settings.weight * contrast
        return Losses(total, point.loss, contrast, point.energy.detach(), arms, evaluations)

    def _arm(self, arm: ArmDraw, condition: Condition, context: MiningContext, eps: Tensor) -> ArmLosses:
        mined = arm.miner.choose(condition, context, arm.proposals, arm.noise)
        count = mined.negatives.shape[1]
        noised = self.diffusion.noise(
            mined.negatives.flatten(0, 1), context.repeat(count).k, eps.repeat_interleave(count, 0)
        )
        energy = by_problem(context.energy.energy(condition.repeat(count), noised), count)
        right, violation = right_answers(mined.negatives, context), first_violation(mined.negatives, context)
        return ArmLosses(arm.rows, energy, mined, context, right, violation)


def free_noise(draw: Draw) -> Float[Tensor, "b *answer"]:
    """Return the draw's noise with none at the given entries."""
    given = draw.batch.given
    return draw.eps if given is None else draw.eps.masked_fill(given, 0)
