"""The simulator for relational states: its signs follow from beliefs, and its pairs from the policy's two places."""

import pytest
import torch

from ravine.batch import Batch, Shape
from ravine.diffusion import Diffusion
from ravine.energies.relational_simulator import RelationalSimulator, RelationalSimulatorConfig, related
from ravine.errors import ConfigurationError
from ravine.tasks.sorting.permutations import draw
from ravine.tasks.sorting.relational import Relational, RelationalConfig
from ravine.tasks.sorting.task import Sorting

DIFFUSION = Diffusion.log_snr(8, 0.4)
GENERATOR = torch.Generator().manual_seed(0)


def simulator() -> RelationalSimulator:
    shape = Shape((5, 5, 6), (7, 5, 5, 7))
    return RelationalSimulatorConfig().build(shape, DIFFUSION, torch.Generator().manual_seed(1)).double()


def problems(n: int = 5) -> Batch:
    task = RelationalConfig(n=n, harder=n, steps=7).build()
    assert isinstance(task, Sorting)
    return task.batch_of(draw(6, n, torch.Generator().manual_seed(2), "train"), torch.float64)


def test_the_signs_of_a_known_array_are_those_that_the_task_writes() -> None:
    values = draw(8, 6, GENERATOR, "train")
    at = (values[..., None] == torch.arange(6)).double()
    written = Relational().problem(values, torch.float64)
    odds = related(at, 12 * written[..., [1, 3, 4, 5]])
    assert torch.equal(odds.sign(), written)
    assert odds.abs().min() > 10


def test_the_first_state_is_read_off_the_problem() -> None:
    energy, batch = simulator(), problems()
    at = energy.condition(batch.x, torch.zeros(6, dtype=torch.int64)).start.softmax(2)
    values = Relational().values(batch.x)
    assert torch.equal(at.argmax(2), values)
    assert at.amax(2).min() > 0.999


def test_states_that_swaps_do_not_lead_to_have_a_higher_energy() -> None:
    energy, batch = simulator(), problems()
    with torch.no_grad():
        energy.writes.copy_(2 * torch.tensor([[1.0, 0, 0], [-1, 0, 1], [-1, 1, 0]]))
    condition = energy.condition(batch.x, torch.zeros(6, dtype=torch.int64))
    wrong = batch.y.clone()
    wrong[:, 3, ..., :3] = wrong[:, 3, ..., :3].flip(3)
    s = DIFFUSION.signal[0].double()
    assert (energy.energy(condition, s * batch.y) < energy.energy(condition, s * wrong)).all()


def test_every_step_moves_with_every_other() -> None:
    energy, batch = simulator(), problems()
    condition = energy.condition(batch.x, torch.full((6,), 3))
    moved = batch.y.clone()
    moved[:, 2, ..., 6] += 0.5 * torch.randn(moved[:, 2, ..., 6].shape, generator=GENERATOR, dtype=torch.float64)
    gradients = [energy.energy_and_gradient(condition, y).gradient for y in (batch.y, moved)]
    change = (gradients[0] - gradients[1]).abs().amax((0, 2, 3, 4))
    assert (change > 1e-9).all()


def test_weights_fit_other_sizes() -> None:
    batch = problems(8)
    assert simulator()(batch.x, batch.y, torch.zeros(6, dtype=torch.int64)).isfinite().all()


def test_it_refuses_other_shapes() -> None:
    for shape in (Shape((5,), (5,)), Shape((5, 5, 6), (7, 4, 4, 7)), Shape((5, 1), (7, 5, 3))):
        with pytest.raises(ConfigurationError, match=r"energy.name: relational-simulator needs problems"):
            RelationalSimulatorConfig().build(shape, DIFFUSION, torch.Generator())
