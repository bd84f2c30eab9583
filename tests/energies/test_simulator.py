"""The simulator: exact where its simulation is, blind to what it must not know, and one whole over the steps."""

import pytest
import torch
from torch import Tensor

from ravine.batch import Batch, Shape
from ravine.diffusion import Diffusion
from ravine.energies.policy import compared
from ravine.energies.simulator import Simulator, SimulatorConfig
from ravine.energies.writing import GAIN, written
from ravine.errors import ConfigurationError
from ravine.tasks.sorting.permutations import draw
from ravine.tasks.sorting.plain import PlainConfig
from ravine.tasks.sorting.swaps import replay
from ravine.tasks.sorting.task import Sorting

DIFFUSION = Diffusion.log_snr(8, 0.4)
GENERATOR = torch.Generator().manual_seed(0)


def task(n: int = 5, steps: int = 7) -> Sorting:
    made = PlainConfig(n=n, harder=n, steps=steps).build()
    assert isinstance(made, Sorting)
    return made


def simulator() -> Simulator:
    shape = Shape((5, 1), (7, 5, 3))
    return SimulatorConfig().build(shape, DIFFUSION, torch.Generator().manual_seed(1)).double()


def problems(n: int = 5, size: int = 6) -> Batch:
    values = draw(size, n, torch.Generator().manual_seed(2), "train")
    return task(n).batch_of(values, torch.float64)


def swapping(energy: Simulator, certain: float = 2.0) -> Simulator:
    """Set the table by hand: chosen places lose their value and get the other's, all others keep theirs."""
    with torch.no_grad():
        energy.writes.copy_(certain * torch.tensor([[1.0, 0, 0], [-1, 0, 1], [-1, 1, 0]]))
    return energy


def test_the_table_can_say_what_a_swap_does_of_any_places_and_none() -> None:
    energy, n = swapping(simulator()), 5
    values = draw(30, n, GENERATOR, "train")
    swaps = torch.randint(0, n, (30, 1, 2), generator=GENERATOR)
    before, after = ((states[..., None] == torch.arange(n)).double() for states in replay(values, swaps).unbind(1))
    chosen = torch.nn.functional.one_hot(swaps[:, 0], n).double()
    torch.testing.assert_close(written(energy.writes, before, chosen), 2.0 * GAIN * after)


def test_comparisons_of_known_places_are_those_of_their_values() -> None:
    values = draw(4, 6, GENERATOR, "train")
    at = (values[..., None] == torch.arange(6)).double()
    place = torch.arange(6)
    before = place[None, None, :] < place[None, :, None]
    smaller = values[:, None, :] < values[:, :, None]
    oracle = [before & smaller, before & smaller.mT, before.mT & smaller, before.mT & smaller.mT]
    torch.testing.assert_close(compared(at), torch.stack([o.expand(4, -1, -1) for o in oracle], 1).double())


def test_only_the_order_of_values_counts_beside_their_levels() -> None:
    """With no noise of states worth reading, any values in the same order have the same choices."""
    energy, batch = simulator(), problems()
    k = torch.full((6,), 7)
    other = Batch(batch.x.exp() * 3, batch.y)
    logits = [energy.policy(energy.condition(b.x, k).start.softmax(-1)) for b in (batch, other)]
    torch.testing.assert_close(logits[0], logits[1])


def test_steps_are_not_interchangeable_and_hear_of_one_another() -> None:
    """The released fault (a missing shift in time) would leave the energy as it is when two steps are exchanged."""
    energy, batch = simulator(), problems()
    k = torch.zeros(6, dtype=torch.int64)
    y = batch.y + 0.3 * torch.randn(batch.y.shape, generator=GENERATOR, dtype=torch.float64)
    order = torch.tensor([0, 2, 1, 3, 4, 5, 6])
    condition = energy.condition(batch.x, k)
    assert ((energy.energy(condition, y) - energy.energy(condition, y[:, order])).abs() > 1e-3).all()


def test_a_step_is_judged_by_those_before_it_and_moved_by_those_after_it() -> None:
    energy, batch = simulator(), problems()
    k = torch.full((6,), 3)
    condition = energy.condition(batch.x, k)

    def gradient(y: Tensor) -> Tensor:
        return energy.energy_and_gradient(condition, y).gradient

    for moved in (1, 4):
        other = batch.y.clone()
        other[:, moved] += 0.5 * torch.randn(other[:, moved].shape, generator=GENERATOR, dtype=torch.float64)
        change = (gradient(other) - gradient(batch.y)).abs().amax((0, 2, 3))
        assert (change > 1e-9).all()


def test_a_right_plan_has_a_lower_energy_than_a_wrong_one_once_swaps_are_known() -> None:
    """Even with an untrained policy: states that do not follow from the swaps are unlikely."""
    energy, batch = swapping(simulator()), problems()
    condition = energy.condition(batch.x, torch.zeros(6, dtype=torch.int64))
    wrong = batch.y.clone()
    wrong[:, 3, :, 0] = wrong[:, 0, :, 0].roll(1, 1)
    s = DIFFUSION.signal[0].double()
    assert (energy.energy(condition, s * batch.y) < energy.energy(condition, s * wrong)).all()


def test_weights_fit_other_sizes_and_numbers_of_steps() -> None:
    energy, batch = simulator(), problems(8)
    assert batch.y.shape[1:] == (7, 8, 3)
    assert energy(batch.x, batch.y, torch.zeros(6, dtype=torch.int64)).isfinite().all()


def test_the_last_choices_gradient_is_the_noise_that_their_posterior_mean_leaves() -> None:
    """(y - s E[v | y]) / sigma: nothing hangs on the last choices but their own cells."""
    energy, batch = simulator(), problems()
    k = torch.full((6,), 4)
    condition = energy.condition(batch.x, k)
    eps = torch.randn(batch.y.shape, generator=GENERATOR, dtype=torch.float64)
    y = DIFFUSION.to("cpu", torch.float64).noise(batch.y, k, eps)
    mean = (2 * energy._run(condition, y)[2][:, -1].exp() - 1).mT
    s, sigma = condition.signal[:, None, None], condition.sigma[:, None, None]
    gradient = energy.energy_and_gradient(condition, y).gradient[:, -1, :, 1:]
    torch.testing.assert_close(gradient, (y[:, -1, :, 1:] - s * mean) / sigma)


def test_it_refuses_other_shapes() -> None:
    for shape in (Shape((5,), (5,)), Shape((5, 1), (7, 4, 3)), Shape((5, 1), (7, 5, 1))):
        with pytest.raises(ConfigurationError, match=r"energy.name: simulator needs problems"):
            SimulatorConfig().build(shape, DIFFUSION, torch.Generator())
