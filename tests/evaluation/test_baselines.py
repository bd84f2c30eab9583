import numpy as np
import pytest

from ravine.cli.evaluate import skills
from ravine.evaluation.baselines import BaselineScore, baseline_scores
from ravine.evaluation.score import Measured
from ravine.report.measure import Measure
from ravine.runs.records import described_metric
from ravine.tasks.fixed import fixed_split
from ravine.tasks.matrices.addition import Addition
from ravine.tasks.matrices.completion import Completion
from ravine.tasks.matrices.inverse import Inverse
from ravine.tasks.metrics.base import Metric
from ravine.tasks.metrics.mse import MeanSquaredError
from ravine.tasks.metrics.solved import Solved


def measure_of(metric: Metric) -> Measure:
    return Measure.of(metric.name, described_metric(metric))


def skill(value: float, baselines: list[BaselineScore], measure: Measure) -> float | None:
    return skills("same", {measure.name: {"value": value}}, baselines, [measure])[measure.name]


MSE = measure_of(MeanSquaredError())
SOLVED = measure_of(Solved(lambda batch, answer: answer))


def scored(name: str, trivial: bool, value: float, metric: str = "mse") -> BaselineScore:
    return BaselineScore(name, trivial, {"same": {metric: Measured(np.array([value]))}})


def test_skill_is_measured_against_the_best_trivial_baseline() -> None:
    entries = [
        scored("zero", True, 4.0),
        scored("line", True, 2.0),
        scored("exact", False, 0.0),
    ]
    assert skill(2.0, entries, MSE) == 0.0
    assert skill(0.5, entries, MSE) == 0.75
    assert skill(4.0, entries, MSE) == -1.0
    assert skill(1.0, [scored("line", True, 1e-20)], MSE) is None
    rules = [scored("copy", True, 0.0, "solved"), scored("singles", True, 0.6, "solved")]
    assert skill(0.8, rules, SOLVED) == pytest.approx(0.5)
    assert skill(0.6, rules, SOLVED) == 0.0


def mse(entry: BaselineScore) -> dict[str, float]:
    return {split: entry.value(split, "mse") for split in entry.splits}


def test_trivial_predictors_reach_the_published_inverse_result() -> None:
    """Least squares on the entries of A reaches .00957 / .2077 at n = 20, where IRED reports .0095 / .2063."""
    task = Inverse(20)
    splits = [fixed_split(task, name, 2000) for name in task.splits]
    found = {entry.name: mse(entry) for entry in baseline_scores(task, splits, fit_problems=50_000)}
    expected = {"least squares": (0.00957, 0.2077), "mean": (0.0141, 0.228), "zero": (0.0208, 0.254)}
    for name, (same, harder) in expected.items():
        assert found[name]["same"] == pytest.approx(same, rel=0.02), name
        assert found[name]["harder"] == pytest.approx(harder, rel=0.02), name
    assert found["Newton-Schulz (20)"]["same"] < 1e-10
    assert found["Newton-Schulz (20)"]["harder"] == pytest.approx(0.0042, rel=0.6)


def test_trivial_predictors_of_the_other_tasks() -> None:
    addition, completion = Addition(5), Completion(20)
    exact = baseline_scores(addition, [fixed_split(addition, "harder", 100)], 2000)
    assert {entry.name: entry.value("harder", "mse") for entry in exact}["least squares"] < 1e-10
    splits = [fixed_split(completion, name, 2000) for name in completion.splits]
    copied = {entry.name: mse(entry) for entry in baseline_scores(completion, splits, 2000)}["copy observed"]
    assert copied["same"] == pytest.approx(0.0175, rel=0.02)
    assert copied["harder"] == pytest.approx(0.2046, rel=0.03)
