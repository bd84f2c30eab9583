"""The energy of cells with a reader, beside the contract that `test_contract.py` checks on it too."""

import pytest
import torch
from torch import Tensor

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.cells import CellsConfig
from ravine.energies.seen_cells import SeenCellEnergy, SeenCellsConfig
from ravine.errors import ConfigurationError
from ravine.tasks.sudoku.shape import Box
from ravine.tasks.sudoku.task import Sudoku

DIFFUSION = Diffusion.log_snr(6, 0.4, 0.99)
BOX = Box(2, 2)
SHAPE = Shape((4, 4, 7), (4, 4, 4), Sudoku(BOX).shape.groups)
SIZES = {"channels": 5, "hidden": 7, "rounds": 4, "least_rounds": 2}


def make() -> SeenCellEnergy:
    config = SeenCellsConfig.model_validate({**SIZES, "units": 6})
    return config.build(SHAPE, DIFFUSION, torch.Generator().manual_seed(0)).double()


def problems(size: int = 6) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(size, 4, 4, 7, generator=generator, dtype=torch.float64)
    y = torch.randn(size, 4, 4, 4, generator=generator, dtype=torch.float64)
    return x * (torch.rand(size, 4, 4, 1, generator=generator) < 0.4), y, torch.arange(size) % 6


def test_every_cell_is_free_whether_it_shows_an_image_or_not() -> None:
    x, y, k = problems()
    energy = make()
    assert (energy.energy_and_gradient(energy.condition(x, k), y).gradient != 0).all()


def test_without_images_it_is_the_energy_of_cells() -> None:
    """With no image a cell hears what `cells` hears, where a problem has no clue."""
    _, y, k = problems()
    energy = make()
    plain = CellsConfig.model_validate(SIZES).build(Shape(SHAPE.y, SHAPE.y, SHAPE.groups), DIFFUSION, torch.Generator())
    plain.double().load_state_dict({name: energy.state_dict()[name] for name in plain.state_dict()})
    torch.testing.assert_close(energy(torch.zeros(6, 4, 4, 7).double(), y, k), plain(-torch.ones_like(y), y, k))


def test_a_reader_that_knows_decides_where_the_point_is_silent() -> None:
    """At a point that says nothing, the posterior of a seen cell is the reader's; an unseen cell's is uniform."""
    x, y, k = problems()
    energy = make()
    energy.read.data.zero_()
    condition = energy.condition(x, k)
    seen = (x != 0).any(-1)
    right = torch.where(torch.arange(4) == 2, 1.0, -1.0).double().expand(y.shape)
    _, surprise = energy.energy_and_surprise(condition, torch.zeros_like(y), right)
    expected = -condition.read.reshape(y.shape)[..., 2]
    torch.testing.assert_close(surprise[seen], expected[seen])
    torch.testing.assert_close(surprise[~seen], torch.full_like(surprise[~seen], torch.log(torch.tensor(4.0)).item()))


def test_moving_cells_so_that_groups_stay_groups_changes_nothing() -> None:
    x, y, k = problems()
    energy = make()
    order = torch.tensor([1, 0, 3, 2])
    torch.testing.assert_close(energy(x[:, order], y[:, order], k), energy(x, y, k))
    torn = torch.tensor([1, 2, 0, 3])
    assert not torch.isclose(energy(x[:, torn], y[:, torn], k), energy(x, y, k), rtol=1e-8).any()


@pytest.mark.parametrize("x", [(4, 4), (5, 4, 7), (4, 7)])
def test_problems_that_are_no_images_on_a_board(x: tuple[int, ...]) -> None:
    with pytest.raises(ConfigurationError, match="seen-cells needs an image a cell"):
        SeenCellsConfig().build(Shape(x, SHAPE.y, SHAPE.groups), DIFFUSION, torch.Generator())


def test_cells_refuses_images_and_latents() -> None:
    with pytest.raises(ConfigurationError, match="write seen-cells"):
        CellsConfig().build(SHAPE, DIFFUSION, torch.Generator())
    for kind in (CellsConfig, SeenCellsConfig):
        with pytest.raises(ConfigurationError, match="one-hot digits that share groups"):
            kind().build(Shape((4, 4, 4), (4, 4, 3), SHAPE.groups), DIFFUSION, torch.Generator())
