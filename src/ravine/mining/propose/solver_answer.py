"""The solver's present answer."""

from dataclasses import replace
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import by_problem
from ravine.mining.context import MiningContext
from ravine.mining.propose.base import Propose
from ravine.section import Number
from ravine.solver import Solver


class SolverAnswer(Propose):
    """The solver's present answer from a fresh start, with `steps` descent steps per landscape: what the energy now
    believes."""

    kind: Literal["solver"] = "solver"
    steps: Number = 0
    """Descent steps per landscape."""

    def __call__(
        self, context: MiningContext, candidates: int, generator: torch.Generator
    ) -> Float[Tensor, "b m *answer"]:
        """Return the solver's answers, one start for each candidate."""
        starts = context.standard_normal(candidates, generator).flatten(0, 1)
        batch = context.batch.repeat(candidates)
        answers = self.solver(context).solve(context.energy, batch.problems(), starts[None]).answer
        return by_problem(batch.hold(answers.clamp(-context.bound, context.bound)), candidates)

    def evaluations(self, context: MiningContext) -> int:
        """Return the energy evaluations of one answer."""
        return self.solver(context).evaluations

    def solver(self, context: MiningContext) -> Solver:
        """Return the run's solver with the steps of this proposal, and without renoising."""
        assert context.solver is not None, "a proposal of the solver's answers needs the context's solver"
        return replace(context.solver, descent=replace(context.solver.descent, steps=self.steps), renoise=0.0)
