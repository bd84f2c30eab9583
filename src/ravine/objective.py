"""What is minimised: the denoising loss plus the weighted contrast of right and mined answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor, nn

from ravine.batch import Batch, by_problem, replaced
from ravine.denoise.base import Denoise
from ravine.denoise.score import Score
from ravine.diffusion import Diffusion
from ravine.energies.base import Condition, Energy, refuse_compiled
from ravine.errors import ConfigurationError, MiningError
from ravine.mining.context import MiningContext
from ravine.mining.contrast.base import Contrast
from ravine.mining.curriculum import MiningSettings
from ravine.mining.miner import Mined, Miner
from ravine.mining.postcondition import first_violation, right_answers
from ravine.tasks.base import Task
from ravine.terms import Weighted

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
    """All randomness of one step, drawn before its losses: problems, landscapes, noise and proposals.

    `variant`: the energy's own random choice, if it makes one (`Energy.draw_variant`); `weights`: of the problems in
    the denoising loss, (b,), where they were not drawn alike, and `searched`: the energy evaluations that this drawing
    took. Cutting it into parts for gradient accumulation therefore changes nothing but the order of summation.
    """

    batch: Batch
    k: Int[Tensor, " b"]
    eps: Float[Tensor, "b *answer"]
    arms: tuple[ArmDraw, ...] = ()
    variant: int | None = None
    weights: Float[Tensor, " b"] | None = None
    searched: int = 0

    def part(self, rows: slice) -> "Draw":
        """Return the problems in `rows` alone, each arm's share cut accordingly."""
        arms = tuple(part for arm in self.arms if (part := arm.part(rows)) is not None)
        weights = None if self.weights is None else self.weights[rows]
        searched = 0 if rows.start else self.searched  # counted once, with the first part
        return Draw(self.batch.rows(rows), self.k[rows], self.eps[rows], arms, self.variant, weights, searched)

    def parts(self, count: int) -> list["Draw"]:
        """Return the draw cut into `count` parts of equal size."""
        size = len(self.batch) // count
        return [self.part(slice(start, start + size)) for start in range(0, size * count, size)]


@dataclass(frozen=True)
class ArmMined:
    """What one arm mined for its rows, where, and under which condition.

    `right`: which of it the verifier takes for right answers, (rows, s); `violation`: the first broken rule with its
    row, or -1s; `counts`: the problems whose mined points are used, (rows,).
    """

    arm: ArmDraw
    condition: Condition
    context: MiningContext
    mined: Mined
    right: Bool[Tensor, "b s"]
    violation: Int[Tensor, "2"]
    counts: Bool[Tensor, " b"]


@dataclass(frozen=True)
class ArmLosses:
    """What one arm's mined points did.

    `energy_positive`, (rows,), and `energy_negative`, (rows, s): of right and mined answers, noised alike, where they
    are contrasted; `error`: the denoising loss at the arm's rows, (rows,), and `eps` the noise that it asks for there,
    where mined points are its examples.
    """

    rows: slice
    mined: Mined
    context: MiningContext
    right: Bool[Tensor, "b s"]
    violation: Int[Tensor, "2"]
    energy_positive: Float[Tensor, " b"] | None = None
    energy_negative: Float[Tensor, "b s"] | None = None
    error: Float[Tensor, " b"] | None = None
    eps: Float[Tensor, "b *answer"] | None = None


@dataclass(frozen=True)
class OwnLoss:
    """The mean over problems of a term of the user's own, a scalar, and its weight in the total."""

    value: Float[Tensor, ""]
    weight: float


@dataclass(frozen=True)
class Losses:
    """The losses of one step, all tensors.

    `total` = `denoise` + weight * `contrast` + the weighted `own` terms, scalars; `errors`: the denoising loss of each
    problem, weighted, (b,); `energy_positive`: E at the points that are denoised, (b,), if there is an energy; `arms`:
    by name; `evaluations`: energy evaluations, or predictions without one, summed over the batch.
    """

    total: Float[Tensor, ""]
    denoise: Float[Tensor, ""]
    contrast: Float[Tensor, ""]
    errors: Float[Tensor, " b"]
    energy_positive: Float[Tensor, " b"] | None
    arms: Mapping[str, ArmLosses]
    evaluations: int
    own: Mapping[str, OwnLoss] = field(default_factory=dict)


class Objective(nn.Module):
    """L = denoise(E, points) + weight * contrast(E+, E-), and weighted `terms` of the user's own, if there are any.

    `denoise`: by default mean |grad_y E(x, y_k, k) - eps|^2, the energy's gradient being the noise prediction. It is
    taken at the noised right answers y_k, and at mined points in place of those whose arm uses them as examples
    (`mining.use.Use`). Positive and negative are noised here, with the same eps and k, so that no miner can compare
    points of different landscapes. A problem of which a mined point is right by the task's verifier has no contrast:
    its term is 0, and it is counted (`ArmLosses.right`). Wrap this module, not the energy, for data-parallel training:
    the loss goes through the energy's gradient. An `InputError` refuses an energy that was wrapped by `torch.compile`.
    Source: Du et al. 2024, equations 5 to 7.
    """

    def __init__(
        self,
        energy: Energy[Any],
        diffusion: Diffusion,
        task: Task,
        contrast: Contrast,
        denoise: Denoise = SCORE,
        terms: Sequence[Weighted] = (),
    ) -> None:
        super().__init__()
        refuse_compiled(energy)
        self.energy = energy
        self.diffusion = diffusion
        self.task = task
        self.contrast = contrast
        self.denoise = denoise
        self.terms = tuple(terms)

    def forward(self, draw: Draw, settings: MiningSettings) -> Losses:
        """Return the losses of one draw under the step's settings."""
        batch, k, energy = draw.batch, draw.k, self.energy.varied(draw.variant)
        eps = batch.free(draw.eps)
        condition = energy.condition(batch.x, k)
        context = MiningContext(energy, self.task, batch, k, self.diffusion, eps=eps)
        mined = [self._mined(arm, condition.rows(arm.rows), context.rows(arm.rows)) for arm in draw.arms]
        y_k = self.diffusion.noise(batch.y, k, eps)
        points, targets = with_examples(y_k, eps, mined)
        point = self.denoise(energy, condition, points, targets, batch, context.noise_level())
        errors = point.loss if draw.weights is None else draw.weights * point.loss
        denoise, contrast = errors.mean(), errors.new_zeros(())
        evaluations, arms = len(batch) + draw.searched, {}
        for one in mined:
            arm, rows = one.arm, one.arm.rows
            losses = ArmLosses(rows, one.mined, one.context, one.right, one.violation)
            evaluations += len(one.right) * (arm.evaluations + one.mined.evaluations)
            if arm.miner.use.target:
                losses = replace(losses, error=point.loss[rows], eps=targets[rows])
            if arm.miner.use.contrast:
                known = None if arm.miner.use.target else point.energy
                positive = energy.energy(one.condition, y_k[rows]) if known is None else known[rows]
                negative = self._negative(one)
                per_row = self.contrast(positive, negative, settings.temperature)
                wrong = one.counts & ~(one.right | one.mined.empty).any(1)
                contrast = contrast + torch.where(wrong, per_row, torch.zeros_like(per_row)).sum() / len(batch)
                evaluations += negative.numel() + len(one.right) * arm.miner.use.target
                losses = replace(losses, energy_positive=positive.detach(), energy_negative=negative)
            arms[arm.arm] = losses
        total, own = denoise + settings.weight * contrast, {}
        for each in self.terms:
            values = each.term(energy, condition, y_k, eps, batch, context.noise_level())
            own[each.name] = OwnLoss(checked(values, each.name, errors, draw.weights).mean(), each.weight)
            total = total + each.weight * own[each.name].value
            evaluations += each.term.evaluations * len(batch)
        right = None if point.energy is None else point.energy.detach()
        return Losses(total, denoise, contrast, errors, right, arms, evaluations, own)

    def _mined(self, arm: ArmDraw, condition: Condition, context: MiningContext) -> ArmMined:
        mined = arm.miner.choose(condition, context, arm.proposals, arm.noise)
        right, violation = right_answers(mined.negatives, context), first_violation(mined.negatives, context)
        return ArmMined(arm, condition, context, mined, right, violation, arm.miner.use.counts(context))

    def _negative(self, one: ArmMined) -> Float[Tensor, "b s"]:
        """Return the energies of an arm's negatives, noised as their positives are."""
        count = one.mined.negatives.shape[1]
        around = one.context.repeat(count)
        assert around.eps is not None
        noised = self.diffusion.noise(one.mined.negatives.flatten(0, 1), around.k, around.eps)
        return by_problem(around.energy.energy(one.condition.repeat(count), noised), count)


def checked(values: object, name: str, like: Tensor, weights: Tensor | None) -> Float[Tensor, " b"]:
    """Return a term's loss of each problem, weighted; a `ConfigurationError` if it is of another form than `like`."""
    if not isinstance(values, Tensor) or values.shape != like.shape:
        form = tuple(values.shape) if isinstance(values, Tensor) else type(values).__name__
        raise ConfigurationError(
            f"training.terms: {name} returned {form}, not one loss per problem, {tuple(like.shape)}"
        )
    return values if weights is None else weights * values


def with_examples(y_k: Tensor, eps: Tensor, mined: Sequence[ArmMined]) -> tuple[Tensor, Tensor]:
    """Return the points to denoise and their noise: mined examples in place of the plain ones of their arm's rows."""
    for one in mined:
        if one.arm.miner.use.target:
            if one.mined.negatives.shape[1] > 1:
                raise MiningError(f"arm {one.arm.arm!r}: select chose several points per problem, a target takes one")
            taken = one.counts & ~one.mined.empty[:, 0]
            made = one.arm.miner.use.examples(one.context, one.mined.negatives[:, 0], taken)
            y_k, eps = replaced(y_k, one.arm.rows, made.points), replaced(eps, one.arm.rows, made.eps)
    return y_k, eps
