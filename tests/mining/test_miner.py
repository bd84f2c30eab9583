import pytest
import torch
from torch import Tensor

from ravine.diffusion import Diffusion
from ravine.energies.mlp import MLP
from ravine.mining.context import MiningContext
from ravine.mining.miner import Miner
from ravine.mining.propose import Noise
from ravine.mining.refine import Refine
from ravine.mining.select import Only
from ravine.tasks.matrix import Inverse

TASK = Inverse(3)
DIFFUSION = Diffusion.cosine(10)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def context(energy: MLP, size: int = 40) -> MiningContext:
    return MiningContext(energy, TASK.sample(size, generator(1)), torch.arange(size) % 10, DIFFUSION, TASK.bound)


@pytest.fixture
def energy() -> MLP:
    return MLP(TASK.x_shape, TASK.y_shape, 10, generator(2), width=32, embedding_width=8)


def test_noise_is_the_right_answer_under_scaled_noise(energy: MLP) -> None:
    around = context(energy)
    proposals = Noise(3.0)(around, 2, generator())
    z = torch.randn(40, 2, 3, 3, generator=generator())
    for row in range(40):
        k = around.k[row]
        y_k = DIFFUSION.signal[k] * around.batch.y[row] + 3.0 * DIFFUSION.sigma[k] * z[row]
        expected = (y_k / DIFFUSION.signal[k]).clamp(-TASK.bound, TASK.bound)
        torch.testing.assert_close(proposals[row], expected, rtol=1e-4, atol=1e-5)


def test_refinement_lowers_the_energy_and_reports_it(energy: MLP) -> None:
    around = context(energy)
    condition = energy.condition(around.batch.x, around.k)
    mined = Miner(Noise(3.0), Refine(3), Only()).mine(condition, around, generator())
    before, after = mined.refined.energy_before, mined.refined.energy_after
    assert before is not None
    assert after is not None
    assert (after <= before).all()
    assert (after < before).float().mean() > 0.9
    at_negative = energy(around.batch.x, DIFFUSION.scale(mined.negatives[:, 0], around.k), around.k)
    torch.testing.assert_close(at_negative, after, rtol=1e-3, atol=1e-4)


def test_no_steps_leave_the_proposals_and_cost_nothing(energy: MLP) -> None:
    around = context(energy)
    condition = energy.condition(around.batch.x, around.k)
    mined = Miner(Noise(3.0), Refine(0), Only()).mine(condition, around, generator())
    assert torch.equal(mined.negatives, Noise(3.0)(around, 1, generator()))
    assert mined.evaluations == 0


def test_given_entries_are_held(energy: MLP) -> None:
    around = context(energy)
    given = torch.zeros(40, 3, 3, dtype=torch.bool)
    given[:, 0] = True
    held = MiningContext(
        energy, type(around.batch)(around.batch.x, around.batch.y, given), around.k, DIFFUSION, TASK.bound
    )
    condition = energy.condition(held.batch.x, held.k)
    negatives: Tensor = Miner(Noise(), Refine(2), Only()).mine(condition, held, generator()).negatives[:, 0]
    assert torch.equal(negatives[given], held.batch.y[given])
    assert not torch.equal(negatives[~given], held.batch.y[~given])
