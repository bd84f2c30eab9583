"""What candidates are chosen by where it is not their energy: computed here one candidate at a time."""

import pytest
import torch
from tests.mining.bowl import DIFFUSION as LANDSCAPES
from tests.mining.bowl import K, bowl
from tests.testing.toy import Shift
from torch import Tensor

from ravine.diffusion import Diffusion
from ravine.energies.mlp import MLP
from ravine.mining import miner as miner_module
from ravine.mining.context import MiningContext
from ravine.mining.miner import Mined, Miner
from ravine.mining.propose.corruption import Corruption
from ravine.mining.propose.noise import Noise
from ravine.mining.refine.descent import Descend
from ravine.mining.select.base import Select
from ravine.mining.select.below_margin import BelowMargin
from ravine.mining.select.unstable import Unstable
from ravine.testing import check_miner, check_selection

DIFFUSION, TASK, ROWS, M = Diffusion.cosine(5), Shift(), 8, 6
SIGNAL = float(LANDSCAPES.signal[K])


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def context() -> MiningContext:
    energy = MLP(TASK.x_shape, TASK.y_shape, 5, generator(2), width=16, embedding_width=8)
    return MiningContext(energy, TASK, TASK.sample(ROWS, generator(1)), torch.arange(ROWS) % 5, DIFFUSION)


def mined(select: Select, context: MiningContext, steps: int = 0) -> Mined:
    condition = context.energy.condition(context.batch.x, context.k)
    return Miner(Corruption(rate=0.5), Descend(steps=steps), select).mine(condition, context, generator())


@pytest.mark.parametrize("steps", [0, 2])
def test_the_unstable_candidate_is_that_of_the_greatest_change_of_the_gradient(
    context: MiningContext, steps: int
) -> None:
    found = mined(Unstable(candidates=M, step_scale=0.5), context, steps)
    assert found.evaluations == M * (steps + 1 if steps else 0) + 2 * M
    for row in range(ROWS):
        k, batch = context.k[row : row + 1], context.batch.rows(slice(row, row + 1))
        free, instabilities = ~batch.given[0], []  # type: ignore[index]
        s, eta = DIFFUSION.signal[k], DIFFUSION.step_size[k]
        condition = context.energy.condition(batch.x, k)

        def gradient(p: Tensor, condition: object = condition) -> Tensor:
            with torch.no_grad():
                return context.energy.energy_and_gradient(condition, p).gradient

        for candidate in found.candidates[row]:
            p = s * candidate[None]
            moved = (p - 0.5 * eta * gradient(p)).clamp(-s.item(), s.item())
            moved = torch.where(batch.given, s * batch.y, moved)  # type: ignore[arg-type]
            instabilities.append(float((gradient(moved) - gradient(p))[0][free].square().mean().sqrt()))
        chosen = max(range(M), key=instabilities.__getitem__)
        assert torch.equal(found.negatives[row, 0], found.candidates[row, chosen])
        assert found.values is not None
        assert found.values[row].tolist() == pytest.approx(instabilities, rel=1e-3, abs=1e-6)


def test_gaps_are_those_from_the_right_answer_and_a_constant_changes_nothing() -> None:
    chosen = []
    for constant in (0.0, 64.0):
        around = bowl(ROWS, constant=constant)
        condition = around.energy.condition(around.batch.x, around.k)
        miner = Miner(Noise(), Descend(), BelowMargin(candidates=M, share=0.7))
        found = miner.mine(condition, around, generator())
        chosen.append(found.negatives)
        assert found.evaluations == M + 1
        offsets = (found.candidates - around.batch.y[:, None]) * SIGNAL
        assert found.values is not None
        torch.testing.assert_close(found.values, offsets.flatten(2).square().sum(2) / 2, rtol=1e-3, atol=1e-3)
    assert torch.equal(*chosen)


def test_candidates_that_come_near_are_dropped_and_a_problem_may_be_left_with_none() -> None:
    gaps = torch.tensor([[0.01, 1.0, 3.0], [2.0, 1.0, 3.0], [-1.0, -1.0, -1.0], [-4.0, 5.0, 5.0]])
    select, none = BelowMargin(candidates=3, share=0.8), torch.zeros(4, 3, 2)
    assert select(gaps, none, none[:, 0]).tolist() == [[2], [0], [-1], [1]]
    assert BelowMargin(candidates=3, share=0.05)(gaps, none, none[:, 0]).tolist() == [[1], [1], [-1], [1]]


@pytest.mark.parametrize("select", [Unstable(candidates=4), BelowMargin(candidates=4, share=0.5)])
def test_they_conform_and_chunks_change_nothing(
    monkeypatch: pytest.MonkeyPatch, context: MiningContext, select: Select
) -> None:
    check_selection(select)
    check_miner(Miner(Corruption(), Descend(steps=1), select), TASK)
    whole = mined(select, context)
    monkeypatch.setattr(miner_module, "ROWS_AT_ONCE", 2 * ROWS)
    parts = mined(select, context)
    assert torch.equal(whole.negatives, parts.negatives)
    assert torch.equal(whole.empty, parts.empty)
