"""Balanced accuracy and its two shares, on confusion tables counted by hand."""

import numpy as np
import pytest
import torch

from ravine.batch import Batch
from ravine.evaluation.score import Measured, measured
from ravine.tasks.metrics.balanced import BalancedAccuracy, SharePerSign
from ravine.tasks.metrics.base import Metric

BALANCED = BalancedAccuracy()


def batch(*answers: list[float], given: list[list[bool]] | None = None) -> Batch:
    y = torch.tensor(answers, dtype=torch.float32)
    return Batch(y[..., None], y, None if given is None else torch.tensor(given))


def mean(metric: Metric, problems: Batch, answer: torch.Tensor) -> float:
    return measured((metric,), problems, answer)[metric.name].mean


def test_both_signs_count_alike_whatever_their_shares() -> None:
    problems = batch([1, -1, -1, -1, -1])
    assert BALANCED.values(problems, torch.tensor([[1.0, 1, 1, -1, -1]])).item() == pytest.approx((1 + 2 / 4) / 2)
    assert BALANCED.values(problems, torch.tensor([[-1.0, -1, -1, -1, -1]])).item() == 0.5


def test_a_problem_of_one_sign_has_a_value_and_no_say() -> None:
    problems = batch([1, 1, 1, 1], [1, -1, -1, -1])
    constant = torch.ones(2, 4)
    assert BALANCED.values(problems, constant).tolist() == [1.0, 0.5]
    assert mean(BALANCED, problems, constant) == 0.5
    alone = problems.rows(slice(0, 1))
    assert mean(BALANCED, alone, constant[:1]) == 1.0
    assert mean(BALANCED, alone, -constant[:1]) == 0.0


def test_zero_is_read_as_plus_and_given_entries_are_not_scored() -> None:
    problems = batch([1, -1, -1], given=[[False, True, False]])
    assert BALANCED.values(problems, torch.tensor([[0.0, 5, -1]])).item() == 1.0


def test_shares_are_pooled_over_problems() -> None:
    problems = batch([1, 1, 1, -1], [1, -1, -1, -1], [-1, -1, -1, -1])
    answer = torch.tensor([[1.0, -1, -1, -1], [1, -1, 1, -1], [1, -1, -1, -1]])
    assert mean(SharePerSign(1, "plus", "plus"), problems, answer) == pytest.approx(2 / 4)
    assert mean(SharePerSign(-1, "minus", "minus"), problems, answer) == pytest.approx(6 / 8)


def test_where_no_problem_counts_all_count_alike() -> None:
    nothing = Measured(np.array([0.0, 1.0]), np.zeros(2))
    assert nothing.mean == 0.5
    assert nothing.standard_error == Measured(np.array([0.0, 1.0])).standard_error
