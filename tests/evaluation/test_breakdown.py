"""Errors by condition number."""

import numpy as np
import torch

from ravine.evaluation.breakdown import by_condition
from ravine.tasks.matrices.inverse import Inverse


def test_bands_hold_what_lies_in_them() -> None:
    bands = by_condition(np.array([1.0, 2.9, 3.0, 50.0, 2e4]), np.array([1.0, 3.0, 5.0, 7.0, 9.0]))
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
