"""Trivial rules at n = 20 have the errors that were measured of the released definitions."""

import pytest
import torch

from ravine.config.schema import TASKS
from ravine.tasks.matrices.computed import ComputedTask

PROBLEMS = 1500
MEASURED: dict[str, dict[str, float]] = {
    "square": {"zero": 0.0889, "mean": 0.0887},
    "equation": {"zero": 0.333, "mean": 0.333},
    "qr": {"zero": 0.192, "mean": 0.191},
    "lu": {"zero": 0.397, "mean": 0.372},
    "eigen": {"zero": 0.0500, "mean": 0.0483},
    "distances": {"zero": 0.613, "mean": 0.0654, "copy the edge": 0.144, "one or two edges": 0.0071},
    "value-sort": {"zero": 0.333, "mean": 0.00165},
    "negate": {"zero": 0.333, "mean": 0.0833},
    "identity": {"zero": 0.333, "mean": 0.0833},
    "addition": {"zero": 0.667, "mean": 0.667},
}
LEAST_SQUARES = {"equation": 0.169, "eigen": 0.0387, "distances": 0.0341, "negate": 0.0}


def score(name: str, baseline: str, fit: int) -> float:
    task = TASKS.shipped[name].model_validate({}).build()
    made = task.baselines()[baseline].fit(task.fixed("same", "fit", fit))
    errors = [
        task.metric("mse").values(batch, made(batch.problems())) for batch in task.fixed("same", "test", PROBLEMS)
    ]
    return float(torch.cat(errors).mean())


@pytest.mark.parametrize(("name", "rule"), [(name, rule) for name, some in MEASURED.items() for rule in some])
def test_rules_that_need_no_fit_to_many_problems(name: str, rule: str) -> None:
    assert score(name, rule, 1000) == pytest.approx(MEASURED[name][rule], rel=0.04)


@pytest.mark.parametrize("name", LEAST_SQUARES)
def test_least_squares(name: str) -> None:
    """420 numbers are fitted to 8,000 problems: 5 % above the error of a fit to all."""
    assert score(name, "least squares", 8000) == pytest.approx(LEAST_SQUARES[name], rel=0.1, abs=1e-12)


def test_determinants_have_a_heavy_tail() -> None:
    """The mean squared error of zero, 3.43, is known to 7 % from 1,500 problems; its distribution says more."""
    task = TASKS.shipped["det"].model_validate({}).build()
    assert isinstance(task, ComputedTask)
    y = torch.cat([batch.y[:, 0] for batch in task.fixed("same", "test", 8000)])
    assert float(y.square().mean()) == pytest.approx(3.43, rel=0.15)
    assert float(y.pow(4).mean() / y.square().mean() ** 2) > 15  # 3 for a normal distribution
    assert float(y.abs().median()) < 0.5 * float(y.square().mean().sqrt())
