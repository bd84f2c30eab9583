"""Faults of proposing negatives, and of what is returned."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ravine.batch import Batch, per_problem
from ravine.doctor.faults.planted import Method, Replacement, everywhere, fault, method
from ravine.doctor.faults.traces import mined_changed
from ravine.mining.context import MiningContext
from ravine.mining.miner import Mined, Miner
from ravine.mining.propose.noise import Noise
from ravine.tasks.base import Task


def proposals_changed(change: Callable[[MiningContext, Tensor], Tensor]) -> list[Replacement]:
    """Return the replacement by which every miner's proposals are changed."""

    def proposals(original: Method, self: Miner, context: MiningContext, generator: torch.Generator) -> Tensor:
        return change(context, original(self, context, generator))

    return [(Miner, "proposals", proposals)]


@fault("D301", mined_changed)
def proposal_returned(mined: Mined, condition: Any, context: MiningContext, proposals: Tensor) -> Mined:
    """Candidates are refined, and then the proposal is returned."""
    return replace(mined, negatives=proposals[:, : mined.negatives.shape[1]])


@fault("D305", overrides=("mining.arm=random",))
def positive_as_its_own_negative() -> list[Replacement]:
    """The "clean" corruption hands the right answer back, but for a rounding."""
    return proposals_changed(lambda context, made: context.batch.y[:, None] + 1e-6 * (made - context.batch.y[:, None]))


@fault("D305", everywhere(Task, "solved"))
def all_is_right_to_the_verifier(original: Method, self: Task, batch: Batch, answer: Tensor) -> Tensor:
    """The task's verifier takes every answer for right, so that nothing that is mined is a negative."""
    return torch.ones_like(original(self, batch, answer))


@fault("D306", proposals_changed)
def one_noise_for_all_rows(context: MiningContext, made: Tensor) -> Tensor:
    """One draw of noise is shared by the whole batch."""
    level = per_problem(context.noise_level(), made)
    units = (made - context.batch.y[:, None]) / level
    one = torch.where(units[:1] == 0, 1.0, units[:1])  # the first row may have given entries
    moved = context.batch.y[:, None] + level * one
    return moved.clamp(-context.bound, context.bound)


@fault("D306", overrides=("mining.arm=hard",))
def one_noise_for_all_candidates() -> list[Replacement]:
    """All candidates of a problem are one and the same but for a rounding."""
    return proposals_changed(
        lambda context, made: (
            made[:, :1] + 1e-7 * made.sign() * torch.arange(made.shape[1]).reshape(1, -1, *[1] * (made.dim() - 2))
        )
    )


@fault("D306")
def one_answer_for_all_problems() -> list[Replacement]:
    """Every problem is given one and the same wrong answer."""
    return proposals_changed(lambda context, made: made[:1].expand_as(made).clone())


@fault("D305")
def right_answer_refined() -> list[Replacement]:
    """The right answer itself is proposed; an energy that knows nothing yet moves it away."""
    return proposals_changed(lambda context, made: context.batch.y[:, None].expand_as(made).clone())


@fault("D309", method(Noise, "__call__"))
def another_type(original: Method, self: Noise, *args: Any) -> Tensor:
    """Proposals are of double precision."""
    made: Tensor = original(self, *args)
    return made.double()


@fault("D309", method(Noise, "__call__"))
def proposing_raises(original: Method, self: Noise, *args: Any) -> Tensor:
    """The proposal raises an error of its own."""
    raise LookupError("no proposal")


@fault("D307", method(Miner, "proposals"))
def generator_seeded_every_step(
    original: Method, self: Miner, context: MiningContext, generator: torch.Generator
) -> Any:
    """Noise is drawn from a generator that is seeded anew at every call."""
    fresh = torch.Generator(generator.device).manual_seed(0)
    return original(self, context, fresh)


@fault("D307", proposals_changed)
def one_answer_a_row(_: MiningContext, made: Tensor) -> Tensor:
    """Each row of a batch is given the same wrong answer at every step, whatever its problem."""
    always = torch.rand(made.shape, generator=torch.Generator().manual_seed(0))
    return always.to(made)


@fault("D309", method(MiningContext, "hold"))
def unclipped(original: Method, self: MiningContext, answers: Tensor) -> Tensor:
    """Negatives are not clipped to the bound."""
    held: Tensor = original(self, answers)
    return torch.where(held.abs() >= self.bound, held * 1.5, held)


@fault("D309", mined_changed)
def negatives_not_finite(mined: Mined, condition: Any, context: MiningContext, proposals: Tensor) -> Mined:
    """Some entries of negatives become nan."""
    negatives = torch.where(mined.negatives > 0.95 * context.bound, float("nan"), mined.negatives)
    return replace(mined, negatives=negatives)


@fault("D105", method(Noise, "__call__"), overrides=("mining.arm=random",))
def noise_scale_ignored(original: Method, self: Noise, *args: Any) -> Any:
    """Proposals use a noise scale of 3, whatever is configured."""
    return original(self.model_copy(update={"scale": 3.0}), *args)
