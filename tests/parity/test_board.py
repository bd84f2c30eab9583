"""Numerical parity of the Sudoku network with the released one: energy, gradient, loss, descent with given entries."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from ravine.batch import Batch
from ravine.denoise.score import noise_error
from ravine.descent import Descent, projection
from ravine.diffusion import Diffusion
from ravine.energies.board import Board

pytestmark = pytest.mark.parity
Read = Callable[[str], dict[str, Tensor]]
DIFFUSION = Diffusion.cosine(10).to("cpu", torch.float64)


def grid(flat: Tensor) -> Tensor:
    """Return released boards, flat with the digit fastest, as (b, row, column, digit)."""
    return flat.double().reshape(-1, 9, 9, 9)


def assert_equal(ours: Tensor, theirs: Tensor) -> None:
    torch.testing.assert_close(ours.flatten(1) if ours.dim() > 1 else ours, theirs.double(), rtol=1e-4, atol=1e-5)


def test_energy_and_gradient(arrays: Read, board: Board) -> None:
    v = arrays("board")
    point = board.energy_and_gradient(board.condition(grid(v["x"]), v["k"]), grid(v["y_k"]))
    assert_equal(point.energy, v["energy"])
    assert_equal(point.gradient, v["gradient"])


def test_the_denoising_loss_counts_given_entries_as_no_error(arrays: Read, board: Board) -> None:
    """The released mean is over all entries, given ones with an error of 0; ours is over those that are free."""
    v = arrays("extra/board-held")
    batch = Batch(grid(v["x"]), grid(v["y"]), grid(v["given"]).bool())
    eps = grid(v["epsilon"]) * (1 - grid(v["given"]))
    point = board.energy_and_gradient(board.condition(batch.x, v["k"]), DIFFUSION.noise(batch.y, v["k"], eps))
    for row, theirs in enumerate(v["denoising_loss"]):
        at = slice(row, row + 1)
        free = 1 - v["given"][row].mean()
        ours = noise_error(point.gradient[at], eps[at], batch.rows(at)).mean()
        assert_equal(ours * free, theirs)


@pytest.mark.parametrize("level", [0, 5])
def test_descents_hold_given_entries(arrays: Read, board: Board, level: int) -> None:
    v = arrays("extra/board-held")
    batch, k = Batch(grid(v["x"]), grid(v["y"]), grid(v["given"]).bool()), torch.full((2,), level)
    project = projection(DIFFUSION, k, 1.0, batch.given, batch.y)
    start = DIFFUSION.scale(batch.hold(grid(v["start"])), k)
    end = Descent(2).run(board, board.condition(batch.x, k), start, DIFFUSION.step_size[k], project)
    assert_equal(end.y, v[f"descent_k{level}_steps2"])
