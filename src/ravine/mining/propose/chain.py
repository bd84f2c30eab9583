"""Persistent chains: every training problem's negative goes on from where its last one ended."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import by_problem
from ravine.errors import ConfigurationError
from ravine.mining.context import MiningContext
from ravine.mining.propose.base import Propose
from ravine.section import Count, Positive, Proportion


class Chains(Propose):
    """The last negative of the same training problem, which the refinement takes further; a share `restart` is noise.

    For tasks of finitely many training problems. A chain belongs to one of them, whatever symmetry shows it and on
    whatever landscape, and begins as standard normal noise times `scale`. With several candidates all go on from one
    state, and the first negative is what it becomes. Source: persistent chains (Tieleman 2008), with restarts as Du and
    Mordatch 2019, section 3.2.
    """

    kind: Literal["chains"] = "chains"
    capacity: Count = 4000
    """Chains kept: at least as many as there are training problems."""
    restart: Proportion = 0.1
    """Share of chains that are restarted."""
    scale: Positive = 1.0
    """Standard deviation of the noise that chains begin as."""

    guided = False

    def __call__(
        self, context: MiningContext, candidates: int, generator: torch.Generator
    ) -> Float[Tensor, "b m *answer"]:
        """Return every problem's state, or noise; a `ConfigurationError` if the task's problems have no chains."""
        items, origin, memory = context.task.items, context.batch.origin, context.memory
        if items is None:
            raise ConfigurationError("propose: chains need a task of finitely many training problems; write replay")
        if items > self.capacity:
            raise ConfigurationError(f"propose.capacity: {self.capacity} is less than {items} training problems")
        noise = self.scale * context.standard_normal(candidates, generator)
        anew = torch.rand(noise.shape[:2], generator=generator, device=noise.device) < self.restart
        if origin is None or memory is None:  # problems that are none of the pool's
            states = noise
        else:
            states = origin.shown(memory[origin.item])[:, None].expand_as(noise)
        started = torch.where(anew.reshape(*anew.shape, *[1] * (noise.dim() - 2)), noise, states)
        return by_problem(context.repeat(candidates).hold(started.flatten(0, 1)), candidates)

    def start_memory(self, answer_shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
        """Return every chain's beginning, (capacity, ...)."""
        shape = (self.capacity, *answer_shape)
        return self.scale * torch.randn(shape, generator=generator, device=generator.device)

    def remember(
        self, memory: Float[Tensor, "capacity *answer"], context: MiningContext, negatives: Float[Tensor, "b s *answer"]
    ) -> Float[Tensor, "capacity *answer"]:
        """Return the chains moved to each problem's first negative; of a problem drawn twice the first row counts."""
        origin = context.batch.origin
        if origin is None:
            return memory
        states, item = origin.own(negatives[:, 0]), origin.item
        first = (item[:, None] == item).to(torch.uint8).argmax(1)
        return memory.index_copy(0, item, states[first])
