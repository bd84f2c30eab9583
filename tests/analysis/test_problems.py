"""The bootstrap over problems, from the errors that runs keep."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.analysis.planted import METRICS

from ravine.analysis.measure import measures_of
from ravine.analysis.plan import PlannedRun, run_path
from ravine.analysis.problems import MOST_COMPARISONS, RESAMPLES, problem_intervals
from ravine.statistics import bootstrap

MSE, SOLVED = measures_of(METRICS).values()
Errors = dict[tuple[str, int], Any]


def planned(folder: Path, errors: Errors) -> list[PlannedRun]:
    plan = []
    for (arm, seed), values in errors.items():
        run = PlannedRun(arm, seed, {}, run_path(folder, arm, seed))
        run.path.mkdir(parents=True)
        if values is not None:
            np.savez(run.path / "errors.npz", **{"same/mse": np.asarray(values)})  # type: ignore[arg-type]
        plan.append(run)
    return plan


def entry(arm: str, registered: bool = True, refused: str | None = None) -> dict[str, Any]:
    return {"arm": arm, "against": "none", "metric": "mse", "registered": registered, "refused": refused}


def test_it_is_the_bootstrap_of_the_mean_over_seeds(tmp_path: Path) -> None:
    errors = np.random.default_rng(0).exponential(size=(2, 3, 50))
    by_run: Errors = {(arm, s): errors[i, s] for i, arm in enumerate(("none", "a")) for s in range(3)}
    found = problem_intervals([entry("a")], planned(tmp_path, by_run), "same", MSE)["a"]
    expected = bootstrap(errors[1].mean(0), errors[0].mean(0), np.random.default_rng(0), RESAMPLES)
    assert (found["effect"], found["low"], found["high"]) == (expected.effect, expected.low, expected.high)
    assert (found["problems"], found["seeds"]) == (50, 3)


def test_only_seeds_with_finite_errors_of_both_count(tmp_path: Path) -> None:
    by_run: Errors = {("none", 0): [1.0, 2.0], ("none", 1): [1.0, np.nan], ("none", 2): [3.0, 4.0], ("none", 3): None}
    by_run |= {("a", s): [1.0, 2.0] for s in range(4)}
    found = problem_intervals([entry("a")], planned(tmp_path, by_run), "same", MSE)["a"]
    assert found["seeds"] == 2
    assert found["effect"] == pytest.approx(3 / 5)


@pytest.mark.parametrize("values", [None, [0.0, 0.0], [np.inf, 1.0]])
def test_without_errors_there_is_no_interval(tmp_path: Path, values: Any) -> None:
    plan = planned(tmp_path, {("none", 0): [1.0, 2.0], ("a", 0): values})
    assert problem_intervals([entry("a")], plan, "same", MSE) == {}
    assert problem_intervals([entry("a")], plan, "harder", MSE) == {}


def test_what_does_not_decide_is_left_alone(tmp_path: Path) -> None:
    plan = planned(tmp_path, {(arm, 0): [1.0, 2.0] for arm in ("none", "a")})
    assert problem_intervals([entry("a", registered=False), entry("a", refused="other code")], plan, "same", MSE) == {}
    assert problem_intervals([entry("a")] * (MOST_COMPARISONS + 1), plan, "same", MSE) == {}


def test_a_broken_file_is_no_measurement(tmp_path: Path) -> None:
    plan = planned(tmp_path, {("none", 0): [1.0, 2.0], ("a", 0): None})
    (plan[1].path / "errors.npz").write_bytes(b"torn")
    assert problem_intervals([entry("a")], plan, "same", MSE) == {}


def test_shares_are_differences_weighted_as_in_the_score(tmp_path: Path) -> None:
    plan = planned(tmp_path, {("none", 0): None, ("a", 0): None})
    weights = np.array([1.0, 1.0, 2.0])
    for run, right in zip(plan, ([1.0, 0.0, 0.0], [1.0, 1.0, 1.0]), strict=True):
        np.savez(run.path / "errors.npz", **{"same/solved": np.array(right), "same/solved/weights": weights})  # type: ignore[arg-type]
    found = problem_intervals([{**entry("a"), "metric": SOLVED.name}], plan, "same", SOLVED)["a"]
    assert found["effect"] == pytest.approx(0.75)
    assert 0 <= found["low"] < 0.75 < found["high"] <= 1
