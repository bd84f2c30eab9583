"""Faults of proposing negatives, and of what is returned."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ravine.batch import Batch, per_problem
from ravine.doctor.faults.planted import Method, Replacement, everywhere, fault
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


@fault("D301")
def proposal_returned() -> list[Replacement]:
    """Candidates are refined, and then the proposal is returned."""

    def change(mined: Mined, condition: Any, context: MiningContext, proposals: Tensor) -> Mined:
        return replace(mined, negatives=proposals[:, : mined.negatives.shape[1]])

    return mined_changed(change)


@fault("D305", overrides=("mining.arm=random",))
def positive_as_its_own_negative() -> list[Replacement]:
    """The "clean" corruption hands the right answer back, but for a rounding."""
    return proposals_changed(lambda context, made: context.batch.y[:, None] + 1e-6 * (made - context.batch.y[:, None]))


@fault("D305")
def all_is_right_to_the_verifier() -> list[Replacement]:
    """The task's verifier takes every answer for right, so that nothing that is mined is a negative."""

    def solved(original: Method, self: Task, batch: Batch, answer: Tensor) -> Tensor:
        return torch.ones_like(original(self, batch, answer))

    return everywhere(Task, "solved", solved)


@fault("D306")
def one_noise_for_all_rows() -> list[Replacement]:
    """One draw of noise is shared by the whole batch."""

    def change(context: MiningContext, made: Tensor) -> Tensor:
        level = per_problem(context.noise_level(), made)
        units = (made - context.batch.y[:, None]) / level
        one = torch.where(units[:1] == 0, 1.0, units[:1])  # the first row may have given entries
        moved = context.batch.y[:, None] + level * one
        return moved.clamp(-context.bound, context.bound)

    return proposals_changed(change)


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


@fault("D309")
def another_type() -> list[Replacement]:
    """Proposals are of double precision."""

    def call(original: Method, self: Noise, *args: Any) -> Tensor:
        made: Tensor = original(self, *args)
        return made.double()

    return [(Noise, "__call__", call)]


@fault("D309")
def proposing_raises() -> list[Replacement]:
    """The proposal raises an error of its own."""

    def call(original: Method, self: Noise, *args: Any) -> Tensor:
        raise LookupError("no proposal")

    return [(Noise, "__call__", call)]


@fault("D307")
def generator_seeded_every_step() -> list[Replacement]:
    """Noise is drawn from a generator that is seeded anew at every call."""

    def proposals(original: Method, self: Miner, context: MiningContext, generator: torch.Generator) -> Any:
        fresh = torch.Generator(generator.device).manual_seed(0)
        return original(self, context, fresh)

    return [(Miner, "proposals", proposals)]


@fault("D307")
def one_answer_a_row() -> list[Replacement]:
    """Each row of a batch is given the same wrong answer at every step, whatever its problem."""

    def change(_: MiningContext, made: Tensor) -> Tensor:
        always = torch.rand(made.shape, generator=torch.Generator().manual_seed(0))
        return always.to(made)

    return proposals_changed(change)


@fault("D309")
def unclipped() -> list[Replacement]:
    """Negatives are not clipped to the bound."""

    def hold(original: Method, self: MiningContext, answers: Tensor) -> Tensor:
        held: Tensor = original(self, answers)
        return torch.where(held.abs() >= self.bound, held * 1.5, held)

    return [(MiningContext, "hold", hold)]


@fault("D309")
def negatives_not_finite() -> list[Replacement]:
    """Some entries of negatives become nan."""

    def change(mined: Mined, condition: Any, context: MiningContext, proposals: Tensor) -> Mined:
        negatives = torch.where(mined.negatives > 0.95 * context.bound, float("nan"), mined.negatives)
        return replace(mined, negatives=negatives)

    return mined_changed(change)


@fault("D313")
def one_sided_corruption() -> list[Replacement]:
    """Corruption only lowers entries, as a random bit that is always 0 only deletes links."""

    def corrupt(original: Method, self: Task, batch: Batch, rate: float, generator: torch.Generator) -> Tensor:
        changed: Tensor = original(self, batch, rate, generator) - batch.y
        return batch.y - changed.abs()

    return everywhere(Task, "corrupt", corrupt)


@fault("D313")
def corruption_returns_the_answer() -> list[Replacement]:
    """Corruption hands the right answer back."""

    def corrupt(original: Method, self: Task, batch: Batch, rate: float, generator: torch.Generator) -> Tensor:
        return batch.y.clone()

    return everywhere(Task, "corrupt", corrupt)


@fault("D105", overrides=("mining.arm=random",))
def noise_scale_ignored() -> list[Replacement]:
    """Proposals use a noise scale of 3, whatever is configured."""

    def call(original: Method, self: Noise, *args: Any) -> Any:
        return original(self.model_copy(update={"scale": 3.0}), *args)

    return [(Noise, "__call__", call)]
