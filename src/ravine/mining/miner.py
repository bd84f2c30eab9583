"""A miner is three small choices: propose, refine, select."""

from dataclasses import dataclass
from typing import TypeVar

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import by_problem
from ravine.energies.base import Condition, Energy
from ravine.mining.context import MiningContext
from ravine.mining.propose import Propose
from ravine.mining.refine import Refine, Refined
from ravine.mining.select import Select

C = TypeVar("C", bound=Condition)


@dataclass(frozen=True)
class Mined:
    """Negatives in answer space, never noised, and how they came about.

    `negatives`: (b, s, ...), s chosen for each of b problems; `candidates`: (b, m, ...), what they were chosen from;
    `refined`: what refinement measured, (b * m,); `energies`: of the candidates, (b, m), where they were needed.
    """

    negatives: Float[Tensor, "b s *answer"]
    candidates: Float[Tensor, "b m *answer"]
    refined: Refined
    energies: Float[Tensor, "b m"] | None
    evaluations: int


@dataclass(frozen=True)
class Miner:
    """Mines wrong answers that the energy finds low: hard negatives.

    Sees no parameters' gradients and changes neither loss nor schedule nor batch; all of it runs without waiting
    for the device. Proposals are drawn apart from the rest, so that a step's randomness is complete before its
    first evaluation.
    """

    propose: Propose
    refine: Refine
    select: Select

    @torch.no_grad()
    def proposals(self, context: MiningContext, generator: torch.Generator) -> Float[Tensor, "b m *answer"]:
        """Return each problem's proposals in answer space."""
        return self.propose(context, self.select.candidates, generator)

    @torch.no_grad()
    def choose(
        self,
        energy: Energy[C],
        condition: C,
        context: MiningContext,
        proposals: Float[Tensor, "b m *answer"],
    ) -> Mined:
        """Return the negatives that refinement and selection make of `proposals`."""
        count = proposals.shape[1]
        repeated = condition.detach().repeat(count)
        around = context.repeat(count)
        refined = self.refine.run(energy, repeated, around, proposals.flatten(0, 1))
        candidates = by_problem(refined.answers, count)
        flat, evaluations = refined.energy_after, refined.evaluations
        if flat is None and self.select.needs_energy:
            flat = energy.energy(repeated, context.diffusion.scale(refined.answers, around.k))
            evaluations += 1
        energies = None if flat is None else by_problem(flat, count)
        negatives = self._chosen(energies, candidates, context.batch.y)
        return Mined(negatives, candidates, refined, energies, evaluations * count)

    def mine(self, energy: Energy[C], condition: C, context: MiningContext, generator: torch.Generator) -> Mined:
        """Propose, refine and select in one call."""
        return self.choose(energy, condition, context, self.proposals(context, generator))

    def _chosen(self, energies: Tensor | None, candidates: Tensor, right: Tensor) -> Tensor:
        if candidates.shape[1] == 1:
            return candidates
        if energies is None:
            energies = candidates.new_zeros(candidates.shape[:2])
        index = self.select(energies, candidates, right)
        index = index.reshape(*index.shape, *[1] * (candidates.dim() - 2))
        return candidates.gather(1, index.expand(-1, -1, *candidates.shape[2:]))
