"""Langevin dynamics sample the distribution that they name, and reduce to descent where nothing is random."""

import pytest
import torch
from tests.mining.bowl import DIFFUSION, Bowl, K, bowl
from torch import Tensor

from ravine.config import read_run
from ravine.errors import ConfigurationError
from ravine.mining.context import MiningContext
from ravine.mining.miner import Mined, Miner
from ravine.mining.propose.noise import Noise
from ravine.mining.refine.base import Refine
from ravine.mining.refine.descent import Descend
from ravine.mining.refine.langevin import Langevin
from ravine.mining.select.only import Only
from ravine.tasks.matrices.inverse import Inverse
from ravine.testing import check_miner

ROWS = 2000
ETA = float(DIFFUSION.step_size[K])


def mined(refine: Refine, context: MiningContext, candidates: int = 1) -> Mined:
    condition = context.energy.condition(context.batch.x, context.k)
    miner = Miner(Noise(scale=1.0), refine, Only(candidates=candidates))
    return miner.mine(condition, context, torch.Generator().manual_seed(4))


def offsets(refine: Refine, context: MiningContext) -> Tensor:
    """Return the negatives' offsets from the bottom, on the landscape's own scale."""
    return DIFFUSION.signal[K] * (mined(refine, context).negatives[:, 0] - context.batch.y)


@pytest.mark.parametrize("temperature", [0.3, 2.0])
@pytest.mark.parametrize("h", [0.1, 0.9])
def test_the_metropolis_chain_samples_the_gaussian_at_any_step(h: float, temperature: float) -> None:
    chain = Langevin(steps=60, step_scale=h / ETA, temperature=temperature, metropolis=True)
    found = offsets(chain, bowl(ROWS, K))
    assert float(found.square().mean()) == pytest.approx(temperature, rel=0.05)
    assert float(found.mean()) == pytest.approx(0, abs=0.05 * temperature**0.5)
    assert float(found.pow(4).mean()) == pytest.approx(3 * temperature**2, rel=0.12)


@pytest.mark.parametrize("h", [0.1, 0.9])
def test_without_it_a_large_step_is_biased_as_theory_says(h: float) -> None:
    chain = Langevin(steps=60, step_scale=h / ETA, temperature=0.5)
    assert float(offsets(chain, bowl(ROWS, K)).square().mean()) == pytest.approx(0.5 / (1 - h / 2), rel=0.05)


def test_the_share_of_accepted_steps_is_reported_and_falls_with_the_step() -> None:
    def accepted(h: float, metropolis: bool = True) -> float:
        share = mined(Langevin(steps=20, step_scale=h / ETA, metropolis=metropolis), bowl(ROWS, K)).refined.accepted
        assert share is not None
        return float(share.mean())

    small, large = accepted(0.05), accepted(0.9)
    assert 0.1 < large < small - 0.1 < 1.0
    assert accepted(0.9, metropolis=False) == 1.0


@pytest.mark.parametrize("radius", [None, 0.5])
def test_at_temperature_0_it_is_descent_that_keeps_all(radius: float | None) -> None:
    around = bowl(12, K, bound=1.0)
    chain = mined(Langevin(steps=4, step_scale=0.7, temperature=0.0, radius=radius), around)
    descent = mined(Descend(steps=4, step_scale=0.7, keep="all", radius=radius), around)
    assert torch.equal(chain.negatives, descent.negatives)
    assert chain.evaluations == descent.evaluations


@pytest.mark.parametrize("metropolis", [False, True])
def test_a_constant_added_to_the_energy_changes_nothing(metropolis: bool) -> None:
    chain = Langevin(steps=6, metropolis=metropolis)
    plain, shifted = (mined(chain, bowl(50, K, constant)).negatives for constant in (0.0, 64.0))
    assert torch.equal(plain, shifted)


@pytest.mark.parametrize("metropolis", [False, True])
def test_the_energies_and_the_cost_are_those_of_the_points(metropolis: bool) -> None:
    around = bowl(20, K)
    made = mined(Langevin(steps=5, metropolis=metropolis), around, candidates=3)
    energy, after = around.energy, made.refined.energy_after
    assert isinstance(energy, Bowl)
    assert after is not None
    assert (energy.points, made.evaluations) == (6, 18)
    condition = energy.condition(around.batch.x, around.k).repeat(3)
    points = DIFFUSION.scale(made.negatives.flatten(0, 1), around.k.repeat_interleave(3))
    torch.testing.assert_close(energy.energy(condition, points), after, rtol=1e-4, atol=1e-4)


def test_given_entries_neither_move_nor_count_in_the_acceptance() -> None:
    given = torch.zeros(3, 3, dtype=torch.bool)
    given[0] = True
    around, chain = bowl(ROWS, K, given=given), Langevin(steps=60, step_scale=0.9 / ETA, metropolis=True)
    found = offsets(chain, around)
    assert (found[:, 0] == 0).all()
    assert float(found[:, 1:].square().mean()) == pytest.approx(1.0, rel=0.05)


@pytest.mark.parametrize("metropolis", [False, True])
@pytest.mark.parametrize("radius", [None, 0.5])
def test_it_conforms(metropolis: bool, radius: float | None) -> None:
    check_miner(Miner(Noise(), Langevin(steps=3, metropolis=metropolis, radius=radius), Only(candidates=2)), Inverse(3))


def test_an_acceptance_needs_a_temperature() -> None:
    with pytest.raises(ConfigurationError, match=r"mining\.arms\.m\.refine: metropolis needs a temperature above 0"):
        read_run("inverse-quick", ["mining.arms.m.refine={kind='langevin', metropolis=true, temperature=0}"])
