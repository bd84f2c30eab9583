"""A miner is three small choices: propose, refine, select."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ravine.batch import by_problem
from ravine.energies.base import Condition
from ravine.mining.context import MiningContext
from ravine.mining.postcondition import check_form
from ravine.mining.propose.base import Propose
from ravine.mining.refine.base import Refine, Refined
from ravine.mining.select.base import Select, Valued
from ravine.mining.use import CONTRAST, Use

C = TypeVar("C", bound=Condition)
ROWS_AT_ONCE = 4096
"""Candidates are refined in chunks of about so many rows, so that memory does not grow with their number."""


@dataclass(frozen=True)
class Mined:
    """Negatives in answer space, never noised, and how they came about.

    `negatives`: (b, s, ...), s chosen for each of b problems; `candidates`: (b, m, ...), what they were chosen from;
    `refined`: what refinement measured, (b * m,); `values`: what candidates were chosen by, (b, m), where they were;
    `empty`: the places (b, s) that selection left empty.
    """

    negatives: Float[Tensor, "b s *answer"]
    candidates: Float[Tensor, "b m *answer"]
    refined: Refined
    values: Float[Tensor, "b m"] | None
    empty: Bool[Tensor, "b s"]
    evaluations: int


@dataclass(frozen=True)
class Miner:
    """Mines wrong answers that the energy finds low, for a `use`: as negatives of a contrast, or as hard examples.

    Sees no parameters' gradients and changes neither loss nor schedule nor batch; all of it runs without waiting for
    the device. Proposals are drawn apart from the rest, so that a step's randomness is complete before its loss.
    A part that returns another form than its protocol's is a `MiningError` that names `arm`.
    """

    propose: Propose
    refine: Refine
    select: Select
    arm: str = "unnamed"
    use: Use = CONTRAST

    @torch.no_grad()
    def proposals(self, context: MiningContext, generator: torch.Generator) -> Float[Tensor, "b m *answer"]:
        """Return each problem's proposals in answer space."""
        count, y = self.select.candidates, context.batch.y
        with self._named("propose"):
            proposals = self.propose(context, count, generator)
        check_form(self.arm, "propose", proposals, (len(y), max(1, count), *y.shape[1:]), y)
        return proposals

    @torch.no_grad()
    def choose(
        self, condition: C, context: MiningContext, proposals: Float[Tensor, "b m *answer"], noise: Tensor | None = None
    ) -> Mined:
        """Return the negatives that refinement and selection make of `proposals`; `noise`: as refinement drew it."""
        condition, count = condition.detach(), proposals.shape[1]
        width = max(1, ROWS_AT_ONCE // len(context.batch))
        noises = [None] * -(-count // width) if noise is None else torch.split(noise, width, dim=1)
        chunks = [
            self._refined(condition, context, part, drawn)
            for part, drawn in zip(torch.split(proposals, width, dim=1), noises, strict=True)
        ]
        valued = [self._valued(condition, context, chunk) for chunk in chunks] if self.select.needs_energy else []
        refined = joined(chunks, len(context.batch))
        candidates = by_problem(refined.answers, count)
        values = (
            torch.cat([by_problem(v.values, len(v.values) // len(context.batch)) for v in valued], 1)
            if valued
            else None
        )
        index = self._chosen(values, candidates, context.batch.y)
        negatives = candidates if count == 1 == index.shape[1] else picked(candidates, index)
        evaluations = refined.evaluations * count + sum(v.evaluations for v in valued)
        return Mined(negatives, candidates, refined, values, index < 0, evaluations)

    def mine(self, condition: C, context: MiningContext, generator: torch.Generator) -> Mined:
        """Propose, refine and select in one call."""
        proposals = self.proposals(context, generator)
        return self.choose(condition, context, proposals, self.draw(context, generator))

    def draw(self, context: MiningContext, generator: torch.Generator) -> Tensor | None:
        """Return the randomness of the refinement, (b, m, ...), if it needs any."""
        with self._named("refine"):
            return self.refine.draw(context, self.select.candidates, generator)

    def _refined(self, condition: C, context: MiningContext, proposals: Tensor, noise: Tensor | None) -> Refined:
        count = proposals.shape[1]
        repeated, around = condition.repeat(count), context.repeat(count)
        rows = None if noise is None else noise.flatten(0, 1)
        with self._named("refine"):
            refined = self.refine.run(repeated, around, proposals.flatten(0, 1), rows)
        answers = getattr(refined, "answers", refined)
        check_form(self.arm, "refine", answers, tuple(around.batch.y.shape), around.batch.y)
        return refined

    def _valued(self, condition: C, context: MiningContext, refined: Refined) -> Valued:
        with self._named("select"):
            return self.select.values(condition, context, refined)

    def _chosen(self, values: Tensor | None, candidates: Tensor, right: Tensor) -> Tensor:
        if values is None:
            values = candidates.new_zeros(candidates.shape[:2])
        with self._named("select"):
            index = self.select(values, candidates, right)
        chosen = index.shape[1] if isinstance(index, Tensor) and index.dim() == 2 else 1
        check_form(self.arm, "select", index, (len(right), max(1, chosen)), values.new_zeros(0, dtype=torch.int64))
        return index

    @contextmanager
    def _named(self, part: str) -> Iterator[None]:
        """Note at what is raised inside whose it is: an error of the user's own code keeps its type and traceback."""
        try:
            yield
        except Exception as error:
            error.add_note(f"arm {self.arm!r}, {part}")
            raise


def picked(candidates: Float[Tensor, "b m *answer"], index: Int[Tensor, "b s"]) -> Float[Tensor, "b s *answer"]:
    """Return the candidates of each problem at `index`; the first one in places that are empty, -1."""
    where = index.clamp(min=0).reshape(*index.shape, *[1] * (candidates.dim() - 2))
    return candidates.gather(1, where.expand(-1, -1, *candidates.shape[2:]))


def joined(chunks: list[Refined], problems: int) -> Refined:
    """Return chunks of candidates as one, problem by problem."""
    if len(chunks) == 1:
        return chunks[0]

    def join(name: str) -> Tensor | None:
        parts = [getattr(chunk, name) for chunk in chunks]
        if parts[0] is None:
            return None
        return torch.cat([part.reshape(problems, -1, *part.shape[1:]) for part in parts], 1).flatten(0, 1)

    answers = join("answers")
    assert answers is not None
    before, after, accepted = join("energy_before"), join("energy_after"), join("accepted")
    return Refined(answers, before, after, accepted, chunks[0].evaluations)
