"""Faults of proposing and refining negatives."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ravine.batch import per_problem
from ravine.descent import Descended, Descent
from ravine.diffusion import Diffusion
from ravine.doctor.faults.planted import Replacement, fault
from ravine.mining import refine as refining
from ravine.mining.context import MiningContext
from ravine.mining.miner import Mined, Miner
from ravine.mining.propose import Noise
from ravine.mining.refine import Refine, Refined
from ravine.solver import Solver
from ravine.tasks.matrix import MatrixTask

Method = Callable[..., Any]


def proposals_changed(change: Callable[[MiningContext, Tensor], Tensor]) -> list[Replacement]:
    """Return the replacement by which every miner's proposals are changed."""

    def make(original: Method) -> Method:
        def proposals(self: Miner, context: MiningContext, generator: torch.Generator) -> Tensor:
            return change(context, original(self, context, generator))

        return proposals

    return [(Miner, "proposals", make)]


def refinement_changed(change: Callable[[Refine, MiningContext], tuple[Refine, MiningContext]]) -> list[Replacement]:
    """Return the replacement by which refinement runs as another recipe or in another context."""

    def make(original: Method) -> Method:
        def run(self: Refine, condition: Any, context: MiningContext, proposals: Tensor) -> Refined:
            other, around = change(self, context)
            result: Refined = original(other, condition, around, proposals)
            return result

        return run

    return [(Refine, "run", make)]


def mining_preceded_by(act: Callable[[MiningContext], None]) -> list[Replacement]:
    """Return the replacement by which every call of a miner does something besides."""

    def make(original: Method) -> Method:
        def choose(self: Miner, condition: Any, context: MiningContext, proposals: Tensor) -> Mined:
            act(context)
            mined: Mined = original(self, condition, context, proposals)
            return mined

        return choose

    return [(Miner, "choose", make)]


def ignored(value: object) -> None:
    """Return nothing, whatever was done."""


@fault("D301")
def ascent() -> list[Replacement]:
    """Refinement climbs the energy."""
    return refinement_changed(
        lambda refine, context: (replace(refine, step_scale=-refine.step_scale, keep="all"), context)
    )


@fault("D302")
def proposal_returned() -> list[Replacement]:
    """Candidates are refined, and then the proposal is returned."""

    def make(original: Method) -> Method:
        def choose(self: Miner, condition: Any, context: MiningContext, proposals: Tensor) -> Mined:
            mined: Mined = original(self, condition, context, proposals)
            return replace(mined, negatives=proposals[:, : mined.negatives.shape[1]])

        return choose

    return [(Miner, "choose", make)]


@fault("D305", overrides=("mining.arm=random",))
def positive_as_its_own_negative() -> list[Replacement]:
    """The "clean" corruption hands the right answer back, but for a rounding."""
    return proposals_changed(lambda context, made: context.batch.y[:, None] + 1e-6 * (made - context.batch.y[:, None]))


@fault("D306")
def one_noise_for_all_rows() -> list[Replacement]:
    """One draw of noise is shared by the whole batch."""

    def change(context: MiningContext, made: Tensor) -> Tensor:
        level = per_problem(context.noise_level(), made)
        units = (made - context.batch.y[:, None]) / level
        moved = context.batch.y[:, None] + level * units[:1]
        return moved.clamp(-context.bound, context.bound)

    return proposals_changed(change)


@fault("D306", overrides=("mining.arm=hard",))
def one_noise_for_all_candidates() -> list[Replacement]:
    """All candidates of a problem are one and the same but for a rounding."""
    return proposals_changed(
        lambda context, made: (
            made[:, :1] + 1e-7 * made.sign() * torch.arange(made.shape[1]).reshape(1, -1, *[1] * (made.dim() - 2))
        )
    )


@fault("D307")
def generator_seeded_every_step() -> list[Replacement]:
    """Noise is drawn from a generator that is seeded anew at every call."""

    def make(original: Method) -> Method:
        def proposals(self: Miner, context: MiningContext, generator: torch.Generator) -> Tensor:
            fresh = torch.Generator(generator.device).manual_seed(0)
            made: Tensor = original(self, context, fresh)
            return made

        return proposals

    return [(Miner, "proposals", make)]


@fault("D309")
def unclipped() -> list[Replacement]:
    """Negatives are not clipped to the bound."""

    def make(original: Method) -> Method:
        def hold(self: MiningContext, answers: Tensor) -> Tensor:
            held: Tensor = original(self, answers)
            return torch.where(held.abs() >= self.bound, held * 1.5, held)

        return hold

    return [(MiningContext, "hold", make)]


@fault("D309")
def negatives_not_finite() -> list[Replacement]:
    """Some entries of negatives become nan."""

    def make(original: Method) -> Method:
        def choose(self: Miner, condition: Any, context: MiningContext, proposals: Tensor) -> Mined:
            mined: Mined = original(self, condition, context, proposals)
            negatives = torch.where(mined.negatives > 1.9, float("nan"), mined.negatives)
            return replace(mined, negatives=negatives)

        return choose

    return [(Miner, "choose", make)]


@fault("D313")
def one_sided_corruption() -> list[Replacement]:
    """Corruption only lowers entries, as a random bit that is always 0 only deletes links."""

    def make(original: Method) -> Method:
        def corrupt(self: Any, y: Tensor, rate: float, generator: torch.Generator) -> Tensor:
            changed: Tensor = original(self, y, rate, generator)
            return y - (changed - y).abs()

        return corrupt

    return [(MatrixTask, "corrupt", make)]


@fault("D512", overrides=("mining.arm=adversarial-5",))
def refined_at_another_landscape() -> list[Replacement]:
    """Candidates are noised at one landscape and refined at the next."""

    def make(original: Method) -> Method:
        def run(self: Refine, condition: Any, context: MiningContext, proposals: Tensor) -> Refined:
            k = (context.k + 1).clamp(max=context.diffusion.landscapes - 1)
            result: Refined = original(self, condition, replace(context, k=k), proposals)
            return result

        return run

    return [(Refine, "run", make)]


@fault("D512", overrides=("mining.arm=adversarial-5",))
def step_scale_overwritten() -> list[Replacement]:
    """The inner loop overwrites its step scale: every step after the first is doubled."""

    def make(original: Method) -> Method:
        def run(self: Descent, *args: Any) -> Descended:
            scales = tuple(self.scale_of(step) * (1 if step == 0 else 2) for step in range(self.steps))
            result: Descended = original(replace(self, step_scale=scales), *args)
            return result

        return run

    return [(Descent, "run", make)]


@fault("D512", overrides=("mining.arm=adversarial-5",))
def other_steps_in_training() -> list[Replacement]:
    """Mining descends with half the step that solving takes."""
    return refinement_changed(lambda refine, context: (replace(refine, step_scale=refine.step_scale / 2), context))


@fault("D402")
def steps_ignored() -> list[Replacement]:
    """Refinement takes one step, whatever the recipe says."""
    return refinement_changed(lambda refine, context: (replace(refine, steps=min(refine.steps, 1)), context))


@fault("D301")
def refinement_skipped() -> list[Replacement]:
    """Proposals pass through refinement as they are."""
    return refinement_changed(lambda refine, context: (replace(refine, steps=0), context))


@fault("D407")
def clipped_by_the_first_landscape() -> list[Replacement]:
    """Clipping uses the first row's landscape for the whole batch."""

    def make(original: Method) -> Method:
        def projection(diffusion: Diffusion, k: Tensor, *args: Any) -> Any:
            return original(diffusion, k[:1].expand(len(k)), *args)

        return projection

    return [(refining, "projection", make)]


@fault("D510")
def gradient_scaled_by_the_batch() -> list[Replacement]:
    """Solving differentiates the mean over its batch, so that batches of other sizes take other steps."""

    def make(original: Method) -> Method:
        def anneal(self: Solver, energy: Any, x: Tensor, start: Tensor) -> Any:
            scaled = replace(self.descent, step_scale=1.0 / len(x) if self.descent.steps else 1.0)
            return original(replace(self, descent=scaled), energy, x, start)

        return anneal

    return [(Solver, "_anneal", make)]


@fault("D105", overrides=("mining.arm=random",))
def noise_scale_ignored() -> list[Replacement]:
    """Proposals use a noise scale of 3, whatever is configured."""

    def make(original: Method) -> Method:
        def call(self: Noise, *args: Any) -> Tensor:
            made: Tensor = original(replace(self, scale=3.0), *args)
            return made

        return call

    return [(Noise, "__call__", make)]


@fault("D316", overrides=("mining.arms.near={refine={steps=2, radius=0.3}}", "mining.arm=near"))
def projected_in_another_space() -> list[Replacement]:
    """A noised point is projected on a ball round the clean answer."""

    def make(original: Method) -> Method:
        def within(self: Refine, context: MiningContext) -> Any:
            unscaled = replace(
                context, diffusion=replace(context.diffusion, signal=torch.ones_like(context.diffusion.signal))
            )
            return original(self, unscaled)

        return within

    return [(Refine, "_projection", make)]


@fault("D509")
def batch_changed_in_place() -> list[Replacement]:
    """Mining moves the right answers a little, in place."""
    return mining_preceded_by(lambda context: ignored(context.batch.y.mul_(1.001)))


@fault("D509")
def gradients_left_behind() -> list[Replacement]:
    """Mining runs a backward pass and leaves gradients at the weights."""

    def act(context: MiningContext) -> None:
        with torch.enable_grad():
            parameter = next(p for p in context.energy.parameters() if p.requires_grad)
            (1e-3 * parameter.square().sum()).backward()  # type: ignore[no-untyped-call]

    return mining_preceded_by(act)


@fault("D509")
def mode_left_changed() -> list[Replacement]:
    """Mining sets the energy to evaluation mode and does not set it back."""
    return mining_preceded_by(lambda context: ignored(context.energy.eval()))


@fault("D509")
def global_random_state_used() -> list[Replacement]:
    """Mining draws from NumPy's global generator."""
    return mining_preceded_by(lambda context: ignored(np.random.standard_normal(1)))  # noqa: NPY002
