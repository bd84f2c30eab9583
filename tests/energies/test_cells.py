"""What the energy of cells must satisfy beside the contract, which `test_contract.py` checks on it too."""

import pytest
import torch
from torch import Tensor

from ravine.diffusion import Diffusion
from ravine.energies.cells import CellEnergy
from ravine.tasks.sudoku.boards import Boards, make_boards
from ravine.tasks.sudoku.rules import digits
from ravine.tasks.sudoku.shape import Box
from ravine.tasks.sudoku.symmetries import Symmetries

DIFFUSION = Diffusion.log_snr(6, 0.4, 0.99)


def make(box: Box, rounds: int = 4) -> CellEnergy:
    generator = torch.Generator().manual_seed(0)
    energy = CellEnergy(box.index(), DIFFUSION.signal, generator, channels=5, hidden=7, rounds=rounds).double()
    for parameter in energy.parameters():
        parameter.data += 0.1 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    return energy


def one_hot(boards: Tensor) -> Tensor:
    return 2 * digits(boards).double() - 1


def problems(box: Box, size: int = 6) -> tuple[Boards, Tensor, Tensor]:
    boards = make_boards(box, "train", "same", size, 0)
    y = torch.randn(size, box.n, box.n, box.n, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return boards, y, torch.arange(size) % 6


@pytest.mark.parametrize("box", [Box(2, 2), Box(2, 3)], ids=str)
def test_symmetric_boards_and_points_have_one_energy(box: Box) -> None:
    boards, _, k = problems(box)
    energy, points = make(box), make_boards(box, "test", "same", 6, 3).puzzle
    symmetries = Symmetries.draw(box, 6, torch.Generator().manual_seed(2))
    before = energy(one_hot(boards.puzzle), one_hot(points), k)
    moved = energy(one_hot(symmetries.apply(boards.puzzle)), one_hot(symmetries.apply(points)), k)
    torch.testing.assert_close(moved, before)
    torn = boards.puzzle[:, torch.tensor([1, 2, 0, *range(3, box.n)])]  # rows leave their box
    assert not torch.isclose(energy(one_hot(torn), one_hot(points), k), before).any()


def test_given_cells_neither_push_nor_count() -> None:
    box = Box(2, 3)
    boards, y, k = problems(box)
    energy, given = make(box), (boards.puzzle > 0)[..., None].expand(y.shape)
    condition = energy.condition(one_hot(boards.puzzle), k)
    first = energy.energy_and_gradient(condition, y)
    other = energy.energy_and_gradient(condition, torch.where(given, y + 1, y))
    assert (first.gradient[given] == 0).all()
    assert (first.gradient[~given] != 0).all()
    torch.testing.assert_close(other.energy, first.energy)


def test_with_no_knowledge_it_is_the_denoiser_of_independent_cells() -> None:
    """The gradient is the noise that the posterior mean of a uniform prior leaves."""
    box = Box(2, 2)
    boards, y, k = problems(box)
    energy = make(box)
    energy.read.data.zero_()
    gradient = energy.energy_and_gradient(energy.condition(one_hot(boards.puzzle), k), y).gradient
    s, sigma = (table.double()[k][:, None, None, None] for table in (DIFFUSION.signal, DIFFUSION.sigma))
    squared = (y[..., None, :] - s[..., None] * (2 * torch.eye(4) - 1)).square().sum(-1)
    mean = 2 * (-squared / (2 * sigma.square())).softmax(-1) - 1
    expected = (y - s * mean) / sigma
    torch.testing.assert_close(gradient, expected.masked_fill((boards.puzzle > 0)[..., None], 0), rtol=1e-5, atol=1e-6)


def test_one_set_of_weights_fits_every_size() -> None:
    energy, larger = make(Box(2, 2)), make(Box(3, 3))
    larger.load_state_dict(energy.state_dict())
    boards, y, k = problems(Box(3, 3), 2)
    assert larger(one_hot(boards.puzzle), y, k).isfinite().all()
    whole = CellEnergy(Box(3, 3).index(), DIFFUSION.signal, torch.Generator(), 16, 32, 8)
    assert sum(parameter.numel() for parameter in whole.parameters()) < 4000


def test_rounds_are_chosen_when_solving_and_share_the_weights() -> None:
    boards, y, k = problems(Box(2, 2))
    energy = make(Box(2, 2), rounds=3)
    more = energy.with_rounds(9)
    x = one_hot(boards.puzzle)
    assert (more.rounds, energy.rounds) == (9, 3)
    assert not torch.isclose(more(x, y, k), energy(x, y, k)).any()
    assert all(a is b for a, b in zip(more.parameters(), energy.parameters(), strict=True))
    same = torch.func.functional_call(more, dict(make(Box(2, 2), rounds=3).named_parameters()), (x, y, k))
    torch.testing.assert_close(same, more(x, y, k))


def test_the_gradient_maps_over_a_stack_of_weights() -> None:
    boards, y, k = problems(Box(2, 2))
    x, energies = one_hot(boards.puzzle), [make(Box(2, 2)), make(Box(2, 2)).with_rounds(4)]
    energies[1].read.data += 0.5
    weights, _ = torch.func.stack_module_state(energies)

    def value(weights: dict[str, Tensor], y: Tensor) -> Tensor:
        result: Tensor = torch.func.functional_call(energies[0], weights, (x, y, k)).sum()
        return result

    gradients = torch.func.vmap(torch.func.grad(value, argnums=1), in_dims=(0, None))(weights, y)
    for energy, gradient in zip(energies, gradients, strict=True):
        torch.testing.assert_close(gradient, energy.energy_and_gradient(energy.condition(x, k), y).gradient)
