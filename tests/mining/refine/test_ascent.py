"""The ascent climbs the denoising error by its true slope, within its radius; the control moves as far, elsewhere."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from tests.mining.bowl import Bowl, bowl
from tests.testing.toy import Shift
from torch import Tensor

from ravine.diffusion import Diffusion
from ravine.energies.mlp import MLP
from ravine.errors import MiningError
from ravine.mining.context import MiningContext
from ravine.mining.miner import Mined, Miner
from ravine.mining.propose.noise import Noise
from ravine.mining.propose.right import Right
from ravine.mining.refine.ascent import Ascend, error_slope
from ravine.mining.select.only import Only
from ravine.mining.use import Use
from ravine.tasks.matrices.inverse import Inverse
from ravine.testing import check_miner

DIFFUSION, TASK, ROWS = Diffusion.cosine(5), Shift(), 20


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def context() -> MiningContext:
    """Rows on all landscapes, in float64, the first cell of each given."""
    energy = MLP(TASK.x_shape, TASK.y_shape, 5, generator(2), width=16, embedding_width=8).double()
    batch = TASK.sample(ROWS, generator(1), dtype=torch.float64)
    eps = torch.randn(batch.y.shape, generator=generator(3), dtype=torch.float64)
    diffusion = DIFFUSION.to("cpu", torch.float64)
    wide = Shift()
    wide.bound = 1e9
    return MiningContext(energy, wide, batch, torch.arange(ROWS) % 5, diffusion, eps=batch.free(eps))


def condition(context: MiningContext) -> Any:
    return context.energy.condition(context.batch.x, context.k)


def error(context: MiningContext, answers: Tensor) -> Tensor:
    """Return the denoising error at answers, by the formula."""
    s, sigma = (table[context.k][:, None, None] for table in (context.diffusion.signal, context.diffusion.sigma))
    assert context.eps is not None
    z = s * answers + sigma * context.eps
    target = context.eps + s / sigma * (answers - context.batch.y)
    with torch.no_grad():
        gradient = context.energy.energy_and_gradient(condition(context), z).gradient
    return context.batch.free(gradient - target).flatten(1).square().sum(1)


def mined(refine: Ascend, context: MiningContext, seed: int = 4) -> Mined:
    return Miner(Right(), refine, Only(), use=Use(contrast=False, target=True)).mine(
        condition(context), context, generator(seed)
    )


def sigmas_moved(refine: Ascend, context: MiningContext) -> Tensor:
    """Return how far the answers moved, root mean square over free entries in units of the landscape's noise."""
    given = context.batch.given
    units = context.in_noise_units(mined(refine, context).negatives[:, 0])
    free = torch.ones_like(units) if given is None else (~given).double()
    return ((units.square() * free).flatten(1).sum(1) / free.flatten(1).sum(1)).sqrt()


def test_the_slope_is_that_of_finite_differences(context: MiningContext) -> None:
    point = context.diffusion.scale(context.batch.y + 0.1, context.k)
    slope = error_slope(condition(context), context, point)
    direction = context.batch.free(torch.randn(point.shape, generator=generator(6), dtype=torch.float64))
    at = [error(context, context.diffusion.unscale(point + h * direction, context.k)) for h in (1e-6, -1e-6)]
    torch.testing.assert_close((at[0] - at[1]) / 2e-6, (slope * direction).flatten(1).sum(1), rtol=1e-5, atol=1e-5)


def test_the_error_rises_more_than_in_a_random_direction(context: MiningContext) -> None:
    at = {
        direction: error(
            context, mined(Ascend(steps=4, step=0.05, radius=None, direction=direction), context).negatives[:, 0]
        )
        for direction in ("error", "random")
    }
    plain = error(context, context.batch.y)
    assert (at["error"] > plain).all()
    assert (at["error"] > at["random"]).all()


@pytest.mark.parametrize(("steps", "radius", "moved"), [(1, None, 0.2), (1, 0.5, 0.2), (9, 0.5, 0.5)])
@pytest.mark.parametrize("direction", ["error", "random"])
def test_steps_are_as_long_as_configured_and_end_within_the_radius(
    context: MiningContext, direction: str, steps: int, radius: float | None, moved: float
) -> None:
    chosen = Ascend.model_validate({"steps": steps, "step": 0.2, "radius": radius, "direction": direction})
    distances = sigmas_moved(chosen, context)
    assert (distances <= moved * (1 + 1e-9)).all()
    if steps == 1:
        torch.testing.assert_close(distances, torch.full_like(distances, moved))


def test_the_control_moves_exactly_as_far_elsewhere_and_one_way(context: MiningContext) -> None:
    error_arm, control = (Ascend(steps=3, step=0.1, direction=direction) for direction in ("error", "random"))
    torch.testing.assert_close(sigmas_moved(error_arm, context), sigmas_moved(control, context))
    one, two, far = (
        mined(arm, context).negatives[:, 0] - context.batch.y
        for arm in (error_arm, control, Ascend(steps=9, step=0.1, radius=0.9, direction="random"))
    )

    def cosine(a: Tensor, b: Tensor) -> Tensor:
        return torch.nn.functional.cosine_similarity(a.flatten(1), b.flatten(1))

    assert (cosine(one, two).abs() < 0.6).all()
    torch.testing.assert_close(cosine(two, far), torch.ones(ROWS, dtype=torch.float64))


def test_given_entries_are_held_and_no_parameter_is_given_a_gradient(context: MiningContext) -> None:
    found = mined(Ascend(steps=2), context).negatives
    assert context.batch.given is not None
    assert torch.equal(found[:, 0][context.batch.given], context.batch.y[context.batch.given])
    assert not found.requires_grad
    assert all(parameter.grad is None for parameter in context.energy.parameters())


def test_no_steps_leave_the_proposals_and_the_bound_is_kept(context: MiningContext) -> None:
    none = mined(Ascend(steps=0), context)
    assert torch.equal(none.negatives[:, 0], context.batch.y)
    assert none.evaluations == 0
    near = replace(context, task=Shift())
    assert float(mined(Ascend(steps=3, step=5.0, radius=None), near).negatives.abs().max()) <= 1 + 1e-12


@pytest.mark.parametrize("direction", ["error", "random"])
def test_both_make_the_same_calls(direction: str) -> None:
    around = bowl(6)
    around = replace(around, eps=torch.randn(around.batch.y.shape, generator=generator()))
    assert isinstance(around.energy, Bowl)
    refine = Ascend.model_validate({"steps": 3, "direction": direction})
    miner = Miner(Noise(), refine, Only(candidates=2))
    found = miner.mine(around.energy.condition(around.batch.x, around.k), around, generator())
    assert (around.energy.points, found.evaluations) == (3, 6)


def test_without_the_rows_noise_it_says_so(context: MiningContext) -> None:
    with pytest.raises(MiningError, match="needs the noise of the right answers"):
        mined(Ascend(), replace(context, eps=None))


@pytest.mark.parametrize("direction", ["error", "random"])
def test_it_conforms(direction: str) -> None:
    refine = Ascend.model_validate({"steps": 2, "direction": direction})
    for task in (Inverse(3), Shift()):
        check_miner(Miner(Noise(), refine, Only(candidates=2)), task)
