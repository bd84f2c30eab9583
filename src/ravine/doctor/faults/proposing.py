"""Faults of proposing negatives, and of what is returned."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ravine.batch import per_problem
from ravine.doctor.faults.planted import Replacement, fault
from ravine.mining.context import MiningContext
from ravine.mining.miner import Mined, Miner
from ravine.mining.propose import Noise
from ravine.tasks.matrix import MatrixTask

Method = Callable[..., Any]


def proposals_changed(change: Callable[[MiningContext, Tensor], Tensor]) -> list[Replacement]:
    """Return the replacement by which every miner's proposals are changed."""

    def make(original: Method) -> Method:
        def proposals(self: Miner, context: MiningContext, generator: torch.Generator) -> Tensor:
            return change(context, original(self, context, generator))

        return proposals

    return [(Miner, "proposals", make)]


@fault("D302")
def proposal_returned() -> list[Replacement]:
    """Candidates are refined, and then the proposal is returned."""

    def make(original: Method) -> Method:
        def choose(self: Miner, condition: Any, context: MiningContext, proposals: Tensor) -> Mined:
            mined: Mined = original(self, condition, context, proposals)
            return replace(mined, negatives=proposals[:, : mined.negatives.shape[1]])

        return choose

    return [(Miner, "choose", make)]


@fault("D305", overrides=("mining.arm=random",))
def positive_as_its_own_negative() -> list[Replacement]:
    """The "clean" corruption hands the right answer back, but for a rounding."""
    return proposals_changed(lambda context, made: context.batch.y[:, None] + 1e-6 * (made - context.batch.y[:, None]))


@fault("D306")
def one_noise_for_all_rows() -> list[Replacement]:
    """One draw of noise is shared by the whole batch."""

    def change(context: MiningContext, made: Tensor) -> Tensor:
        level = per_problem(context.noise_level(), made)
        units = (made - context.batch.y[:, None]) / level
        moved = context.batch.y[:, None] + level * units[:1]
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


@fault("D318")
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

    def make(original: Method) -> Method:
        def call(self: Noise, *args: Any) -> Tensor:
            made: Tensor = original(self, *args)
            return made.double()

        return call

    return [(Noise, "__call__", make)]


@fault("D309")
def proposing_raises() -> list[Replacement]:
    """The proposal raises an error of its own."""

    def make(original: Method) -> Method:
        def call(self: Noise, *args: Any) -> Tensor:
            raise LookupError("no proposal")

        return call

    return [(Noise, "__call__", make)]


@fault("D307")
def generator_seeded_every_step() -> list[Replacement]:
    """Noise is drawn from a generator that is seeded anew at every call."""

    def make(original: Method) -> Method:
        def proposals(self: Miner, context: MiningContext, generator: torch.Generator) -> Tensor:
            fresh = torch.Generator(generator.device).manual_seed(0)
            made: Tensor = original(self, context, fresh)
            return made

        return proposals

    return [(Miner, "proposals", make)]


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

    def make(original: Method) -> Method:
        def hold(self: MiningContext, answers: Tensor) -> Tensor:
            held: Tensor = original(self, answers)
            return torch.where(held.abs() >= self.bound, held * 1.5, held)

        return hold

    return [(MiningContext, "hold", make)]


@fault("D309")
def negatives_not_finite() -> list[Replacement]:
    """Some entries of negatives become nan."""

    def make(original: Method) -> Method:
        def choose(self: Miner, condition: Any, context: MiningContext, proposals: Tensor) -> Mined:
            mined: Mined = original(self, condition, context, proposals)
            negatives = torch.where(mined.negatives > 1.9, float("nan"), mined.negatives)
            return replace(mined, negatives=negatives)

        return choose

    return [(Miner, "choose", make)]


@fault("D313")
def one_sided_corruption() -> list[Replacement]:
    """Corruption only lowers entries, as a random bit that is always 0 only deletes links."""

    def make(original: Method) -> Method:
        def corrupt(self: Any, y: Tensor, rate: float, generator: torch.Generator) -> Tensor:
            changed: Tensor = original(self, y, rate, generator)
            return y - (changed - y).abs()

        return corrupt

    return [(MatrixTask, "corrupt", make)]


@fault("D105", overrides=("mining.arm=random",))
def noise_scale_ignored() -> list[Replacement]:
    """Proposals use a noise scale of 3, whatever is configured."""

    def make(original: Method) -> Method:
        def call(self: Noise, *args: Any) -> Tensor:
            made: Tensor = original(replace(self, scale=3.0), *args)
            return made

        return call

    return [(Noise, "__call__", make)]
