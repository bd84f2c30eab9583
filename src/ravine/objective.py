"""What is minimised: the denoising loss plus the weighted contrast of right and mined answers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ravine.batch import Batch, by_problem
from ravine.contrast import Contrast
from ravine.diffusion import Diffusion
from ravine.energies.base import Condition, Energy, refuse_compiled
from ravine.mining.context import MiningContext
from ravine.mining.curriculum import MiningSettings
from ravine.mining.miner import Mined, Miner
from ravine.mining.postcondition import first_violation


@dataclass(frozen=True)
class ArmDraw:
    """One arm's share of a step: its rows of the batch and their proposals, (rows, m, ...)."""

    arm: str
    miner: Miner
    rows: slice
    proposals: Float[Tensor, "b m *answer"]


@dataclass(frozen=True)
class Draw:
    """All randomness of one step, drawn before the first evaluation: problems, landscapes, noise and proposals.

    Cutting it into parts for gradient accumulation therefore changes nothing but the order of summation.
    """

    batch: Batch
    k: Int[Tensor, " b"]
    eps: Float[Tensor, "b *answer"]
    arms: tuple[ArmDraw, ...] = ()

    def part(self, rows: slice) -> "Draw":
        """Return the problems in `rows` alone, each arm's share cut accordingly."""
        arms = []
        for arm in self.arms:
            start, stop = max(arm.rows.start, rows.start), min(arm.rows.stop, rows.stop)
            if start < stop:
                inner = slice(start - arm.rows.start, stop - arm.rows.start)
                outer = slice(start - rows.start, stop - rows.start)
                arms.append(replace(arm, rows=outer, proposals=arm.proposals[inner]))
        return Draw(self.batch.rows(rows), self.k[rows], self.eps[rows], tuple(arms))

    def parts(self, count: int) -> list["Draw"]:
        """Return the draw cut into `count` parts of equal size."""
        size = len(self.batch) // count
        return [self.part(slice(start, start + size)) for start in range(0, size * count, size)]


@dataclass(frozen=True)
class ArmLosses:
    """What one arm's negatives did: their energies (rows, s), what was mined and where, and the first broken
    rule with its row, or -1s."""

    rows: slice
    energy_negative: Float[Tensor, "b s"]
    mined: Mined
    context: MiningContext
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
    """L = mean |grad_y E(x, y_k, k) - eps|^2 + weight * contrast(E+, E-).

    The gradient of the energy is the noise prediction. Positive and negative are noised here, with the same eps and
    k, so that no miner can compare points of different landscapes. Wrap this module, not the energy, for
    data-parallel training: the loss goes through the energy's gradient. An `InputError` refuses an energy that was
    wrapped by `torch.compile`. Source: Du et al. 2024, equations 5 to 7.
    """

    def __init__(self, energy: Energy[Any], diffusion: Diffusion, bound: float, contrast: Contrast) -> None:
        super().__init__()
        refuse_compiled(energy)
        self.energy = energy
        self.diffusion = diffusion
        self.bound = bound
        self.contrast = contrast

    def forward(self, draw: Draw, settings: MiningSettings) -> Losses:
        """Return the losses of one draw under the step's settings."""
        batch, k = draw.batch, draw.k
        eps = free_noise(draw)
        condition = self.energy.condition(batch.x, k)
        point = self.energy.energy_and_gradient(condition, self.diffusion.noise(batch.y, k, eps))
        denoise = denoising_loss(point.gradient, eps, batch)
        context = MiningContext(self.energy, batch, k, self.diffusion, self.bound)
        contrast, evaluations, arms = denoise.new_zeros(()), len(batch), {}
        for arm in draw.arms:
            losses = self._arm(arm, condition.rows(arm.rows), context.rows(arm.rows), eps[arm.rows])
            per_row = self.contrast(point.energy[arm.rows], losses.energy_negative, settings.temperature)
            contrast = contrast + per_row.sum() / len(batch)
            mining = arm.miner.proposing + losses.mined.evaluations
            evaluations += losses.energy_negative.numel() + len(per_row) * mining
            arms[arm.arm] = losses
        total = denoise + settings.weight * contrast
        return Losses(total, denoise, contrast, point.energy.detach(), arms, evaluations)

    def _arm(self, arm: ArmDraw, condition: Condition, context: MiningContext, eps: Tensor) -> ArmLosses:
        mined = arm.miner.choose(condition, context, arm.proposals)
        count = mined.negatives.shape[1]
        noised = self.diffusion.noise(
            mined.negatives.flatten(0, 1), context.repeat(count).k, eps.repeat_interleave(count, 0)
        )
        energy = by_problem(self.energy.energy(condition.repeat(count), noised), count)
        return ArmLosses(arm.rows, energy, mined, context, first_violation(mined.negatives, context))


def free_noise(draw: Draw) -> Float[Tensor, "b *answer"]:
    """Return the draw's noise with none at the given entries."""
    given = draw.batch.given
    return draw.eps if given is None else draw.eps.masked_fill(given, 0)


def denoising_loss(
    gradient: Float[Tensor, "b *answer"], eps: Float[Tensor, "b *answer"], batch: Batch
) -> Float[Tensor, ""]:
    """Return the mean over problems of the mean squared difference over the entries that are not given.

    Each problem counts alike, however many of its entries are given: parts of a batch average to the whole.
    """
    squared = (
        (gradient.float() - eps.float()).square() if gradient.dtype != torch.float64 else (gradient - eps).square()
    )
    if batch.given is None:
        return squared.mean()
    free = (~batch.given).flatten(1)
    return ((squared.flatten(1) * free).sum(1) / free.sum(1).clamp(min=1)).mean()
