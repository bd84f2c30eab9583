"""Faults of refining negatives, and of solving."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ravine.descent import Descended, Descent
from ravine.diffusion import Diffusion
from ravine.doctor.faults.planted import Replacement, fault
from ravine.mining import refine as refining
from ravine.mining.context import MiningContext
from ravine.mining.refine import Refine, Refined
from ravine.solver import Solver

Method = Callable[..., Any]


def refinement_changed(change: Callable[[Refine, MiningContext], tuple[Refine, MiningContext]]) -> list[Replacement]:
    """Return the replacement by which refinement runs as another recipe or in another context."""

    def make(original: Method) -> Method:
        def run(self: Refine, condition: Any, context: MiningContext, proposals: Tensor) -> Refined:
            other, around = change(self, context)
            result: Refined = original(other, condition, around, proposals)
            return result

        return run

    return [(Refine, "run", make)]


@fault("D301")
def ascent() -> list[Replacement]:
    """Refinement climbs the energy."""
    return refinement_changed(
        lambda refine, context: (replace(refine, step_scale=-refine.step_scale, keep="all"), context)
    )


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
