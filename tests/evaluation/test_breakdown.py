"""Scores by how hard problems are."""

import numpy as np
import torch

from ravine.evaluation.breakdown import EDGES, in_bands, strata_of
from ravine.tasks.fixed import fixed_split
from ravine.tasks.matrices.inverse import Inverse
from ravine.tasks.sudoku.shape import Box
from ravine.tasks.sudoku.task import Sudoku


def test_bands_hold_what_lies_in_them() -> None:
    bands = in_bands(np.array([1.0, 2.9, 3.0, 50.0, 2e4]), EDGES, np.array([1.0, 3.0, 5.0, 7.0, 9.0]))
    assert [(band.low, band.high, band.problems, band.value) for band in bands] == [
        (1, 3, 2, 2.0),
        (3, 10, 1, 5.0),
        (30, 100, 1, 7.0),
        (1e4, float("inf"), 1, 9.0),
    ]
    assert [band.standard_error for band in bands] == [1.0, None, None, None]


def test_condition_numbers_are_those_of_the_spectrum() -> None:
    batch = Inverse(6).sample(20, torch.Generator().manual_seed(0), "harder", torch.float64)
    values = torch.linalg.eigvalsh(batch.x[:, 0])
    torch.testing.assert_close(Inverse(6).condition_number(batch.x), values[:, -1] / values[:, 0])
    assert torch.equal(strata_of(Inverse(6), batch).values, Inverse(6).condition_number(batch.x))


def test_boards_are_told_apart_by_their_clues() -> None:
    task = Sudoku(Box(3, 3))
    batch = fixed_split(task, "harder", 50).batch
    strata = strata_of(task, batch)
    assert batch.given is not None
    assert torch.equal(strata.values, batch.given[..., 0].flatten(1).sum(1))
    bands = in_bands(strata.values.double().numpy(), strata.edges, np.ones(50))
    assert sum(band.problems for band in bands) == 50
    assert {band.low for band in bands} <= {20, 23, 26, 29, 32}
    assert all(np.digitize(clues, strata.edges) for clues in (17, 81))
