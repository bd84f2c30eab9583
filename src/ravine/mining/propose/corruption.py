"""The task's own corruption of the right answer."""

from typing import Annotated, Literal

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from ravine.batch import by_problem
from ravine.mining.context import MiningContext
from ravine.mining.propose.base import Propose


class Corruption(Propose):
    """The task's own corruption of the right answer: a share `rate` of its free cells redrawn, at least one."""

    kind: Literal["corruption"] = "corruption"
    rate: Annotated[float, Field(gt=0, le=1)] = 0.25
    """Share of the free cells that are redrawn."""

    guided = False

    def __call__(
        self, context: MiningContext, candidates: int, generator: torch.Generator
    ) -> Float[Tensor, "b m *answer"]:
        """Return the corrupted answers."""
        batch = context.batch.repeat(candidates)
        corrupted = context.task.corrupt(batch, self.rate, generator)
        return by_problem(batch.hold(corrupted.clamp(-context.bound, context.bound)), candidates)
