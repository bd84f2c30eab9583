"""Faults of refining negatives, and of solving."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from torch import Tensor

from ravine.batch import Batch
from ravine.descent import Descent
from ravine.diffusion import Diffusion
from ravine.doctor.faults.planted import Method, Replacement, fault, method
from ravine.mining.context import MiningContext
from ravine.mining.refine import region
from ravine.mining.refine.descent import Descend
from ravine.solver import Solver


def refinement_changed(change: Callable[[Descend, MiningContext], tuple[Descend, MiningContext]]) -> list[Replacement]:
    """Return the replacement by which refinement runs as another recipe or in another context."""

    def run(original: Method, self: Descend, condition: Any, context: MiningContext, *rest: Any) -> Any:
        other, around = change(self, context)
        return original(other, condition, around, *rest)

    return [(Descend, "run", run)]


def other_recipe(change: Callable[[Descend], dict[str, Any]]) -> list[Replacement]:
    """Return the replacement by which refinement runs with other fields."""
    return refinement_changed(lambda refine, context: (refine.model_copy(update=change(refine)), context))


@fault("D301")
def ascent() -> list[Replacement]:
    """Refinement climbs the energy."""
    return other_recipe(lambda refine: {"step_scale": -refine.step_scale, "keep": "all"})


@fault("D512", refinement_changed, overrides=("mining.arm=adversarial-5",))
def refined_at_another_landscape(refine: Descend, context: MiningContext) -> tuple[Descend, MiningContext]:
    """Candidates are noised at one landscape and refined at the next."""
    return refine, replace(context, k=(context.k + 1).clamp(max=context.diffusion.landscapes - 1))


@fault("D512", method(Descent, "run"), overrides=("mining.arm=adversarial-5",))
def step_scale_overwritten(original: Method, self: Descent, *args: Any) -> Any:
    """The inner loop overwrites its step scale: every step after the first is doubled."""
    scales = tuple(self.scale_of(step) * (1 if step == 0 else 2) for step in range(self.steps))
    return original(replace(self, step_scale=scales), *args)


@fault("D512", overrides=("mining.arm=adversarial-5",))
def other_steps_in_training() -> list[Replacement]:
    """Mining descends with half the step that solving takes."""
    return other_recipe(lambda refine: {"step_scale": refine.step_scale / 2})


@fault("D512")
def steps_ignored() -> list[Replacement]:
    """Refinement takes one step, whatever the recipe says."""
    return other_recipe(lambda refine: {"steps": min(refine.steps, 1)})


@fault("D301")
def refinement_skipped() -> list[Replacement]:
    """Proposals pass through refinement as they are."""
    return other_recipe(lambda refine: {"steps": 0})


@fault("D407", method(region, "projection"))
def clipped_by_the_first_landscape(original: Method, diffusion: Diffusion, k: Tensor, *args: Any) -> Any:
    """Clipping uses the first row's landscape for the whole batch."""
    return original(diffusion, k[:1].expand(len(k)), *args)


@fault("D315", method(Solver, "solve"))
def givens_overwritten_by_the_solver(original: Method, self: Solver, energy: Any, asked: Batch, *rest: Any) -> Any:
    """The solver forgets which entries are given."""
    return original(self, energy, Batch(asked.x, asked.y), *rest)


@fault("D315")
def givens_moved_by_refinement() -> list[Replacement]:
    """Refinement forgets which entries are given."""
    return refinement_changed(
        lambda refine, context: (refine, replace(context, batch=Batch(context.batch.x, context.batch.y)))
    )


@fault("D316", overrides=("mining.arms.near={refine={steps=2, radius=0.3}}", "mining.arm=near"))
def radius_in_another_unit() -> list[Replacement]:
    """The radius is taken for a distance of whole answers, not of their entries, and lets candidates go farther."""
    return other_recipe(lambda refine: {"radius": 5 * refine.radius if refine.radius else None})
