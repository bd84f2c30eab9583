"""The solver's present answer."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import by_problem
from ravine.mining.context import MiningContext
from ravine.mining.propose.solving import Solving


class SolverAnswer(Solving):
    """The solver's present answer from a fresh start, with `steps` descent steps per landscape: what the energy now
    believes."""

    kind: Literal["solver"] = "solver"

    def __call__(
        self, context: MiningContext, candidates: int, generator: torch.Generator
    ) -> Float[Tensor, "b m *answer"]:
        """Return the solver's answers, one start for each candidate."""
        answers = self.solution(context, candidates, generator).answer
        return by_problem(context.repeat(candidates).hold(answers), candidates)
