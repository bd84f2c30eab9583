"""What proposals that run the present solver have in common."""

from abc import ABC
from dataclasses import replace

import torch

from ravine.mining.context import MiningContext
from ravine.mining.propose.base import Propose
from ravine.section import Number
from ravine.solution import Solution
from ravine.solver import Solver


class Solving(Propose, ABC):
    """A proposal that solves every problem from a fresh start, with `steps` descent steps per landscape."""

    steps: Number = 0
    """Descent steps per landscape."""

    @property
    def needs_energy(self) -> bool:
        """Whether the way it solves has descent steps."""
        return self.steps > 0

    def solution(self, context: MiningContext, candidates: int, generator: torch.Generator) -> Solution:
        """Return every problem's solutions from `candidates` starts, each a row of its own, (b * candidates, ...)."""
        starts = context.standard_normal(candidates, generator).flatten(0, 1)
        return self.solver(context).solve(context.energy, context.batch.repeat(candidates).problems(), starts[None])

    def evaluations(self, context: MiningContext) -> int:
        """Return the evaluations of one solution."""
        return self.solver(context).evaluations_by(context.energy)

    def solver(self, context: MiningContext) -> Solver:
        """Return the run's solver with the steps of this proposal, and without renoising."""
        assert context.solver is not None, "a proposal of the solver's answers needs the context's solver"
        return replace(context.solver, descent=replace(context.solver.descent, steps=self.steps), renoise=0.0)
