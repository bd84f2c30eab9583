"""Equal compute from curves made by hand, whose crossings and ratios are known."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.analysis.planted import METRICS

from ravine.analysis.compute import arm_curve, compute_section, crossings
from ravine.analysis.curves import Curve, read_curve
from ravine.analysis.measure import measures_of
from ravine.analysis.outcome import RunResult
from ravine.analysis.plan import Registration
from ravine.errors import RunError
from ravine.training.directory import RunDirectory

MEASURES = measures_of(METRICS)
REGISTRATION = Registration("none", 3, "same", 0.05)


def curve(evaluations: list[float], costs: list[float], pace: float = 0.1, metric: str = "mse") -> Curve:
    spent = np.array(evaluations, dtype=np.float64)
    return Curve(spent, pace * spent, np.array(costs, dtype=np.float64), MEASURES[metric])


def run(arm: str, seed: int, found: Curve | None) -> RunResult:
    return RunResult(arm, seed, "finished", {}, {}, curve=found)


def metrics(folder: Path, rows: list[dict[str, Any]], end: str = "\n") -> RunDirectory:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "metrics.jsonl").write_text("\n".join(json.dumps(row) for row in rows) + end)
    return RunDirectory(folder)


def step(at: int) -> dict[str, Any]:
    return {"step": at, "loss": 1.0, "evaluations": 8 * at, "seconds": 0.5 * at}


def scored(at: int, same: float | None, **others: float) -> dict[str, Any]:
    return {"step": at, "validation": {"same": same, **others}}


def test_a_curve_pairs_validations_with_what_they_had_cost(tmp_path: Path) -> None:
    directory = metrics(tmp_path, [step(2), step(4), scored(4, 0.5, harder=0.9), step(6), step(8), scored(8, 0.25)])
    found = read_curve(directory, "same", MEASURES)
    assert found is not None
    assert found.evaluations.tolist() == [32, 64]
    assert found.seconds.tolist() == [2, 4]
    assert found.costs.tolist() == [0.5, 0.25]
    harder = read_curve(directory, "harder", MEASURES)
    assert harder is not None
    assert harder.costs.tolist() == [0.9]


def test_validations_between_logged_rows_are_interpolated(tmp_path: Path) -> None:
    found = read_curve(metrics(tmp_path, [scored(1, 3.0), step(4), scored(6, 0.5), step(8)]), "same", MEASURES)
    assert found is not None
    assert found.evaluations.tolist() == [8, 48]


def test_errors_without_a_logarithm_and_cut_lines_are_left_out(tmp_path: Path) -> None:
    rows = [step(2), scored(2, None), step(4), scored(4, 0.0), step(6), scored(6, 0.5)]
    directory = metrics(tmp_path, rows, end='\n{"step": 8, "validation": {"sa')
    found = read_curve(directory, "same", MEASURES)
    assert found is not None
    assert found.costs.tolist() == [0.5]


@pytest.mark.parametrize("rows", [[], [step(2)], [scored(2, 0.5)], [step(2), scored(2, None)]])
def test_no_curve_where_nothing_was_validated(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    assert read_curve(metrics(tmp_path, rows), "same", MEASURES) is None
    assert read_curve(RunDirectory(tmp_path / "none"), "same", MEASURES) is None


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text('{"step": 2, "evaluations": 1, "seconds"\n{"validation": {}}\n')
    with pytest.raises(RunError, match="line 1 cannot be read"):
        read_curve(RunDirectory(tmp_path), "same", MEASURES)


def test_an_arms_curve_is_the_geometric_mean_with_its_interval() -> None:
    found = arm_curve([curve([10, 20], [1.0, 0.1]), curve([10, 20], [4.0, 0.4]), curve([10, 20], [2.0, 0.2])])
    assert found.evaluations.tolist() == [10, 20]
    assert found.values()["value"] == pytest.approx([2.0, 0.2])
    half = 4.302653 * math.log(2) / math.sqrt(3)  # t at 2 degrees of freedom
    assert found.values()["low"] == pytest.approx(np.array([2.0, 0.2]) * math.exp(-half), rel=1e-5)
    assert found.values()["high"] == pytest.approx(np.array([2.0, 0.2]) * math.exp(half), rel=1e-5)


def test_a_single_seed_has_no_interval() -> None:
    found = arm_curve([curve([10, 20], [1.0, 0.1])])
    assert np.isnan(found.low).all()
    assert found.values()["value"] == pytest.approx([1.0, 0.1])


def test_seeds_validated_at_other_points_share_what_all_reached() -> None:
    found = arm_curve([curve([0, 10, 20, 30], [8.0, 4.0, 2.0, 1.0]), curve([5, 15, 25], [4.0, 4.0, 4.0])])
    assert found.evaluations.tolist() == [5, 15, 25]
    assert found.values()["value"] == pytest.approx(np.sqrt(4 * np.array([8 * 2**-0.5, 2 * 2**0.5, 2**0.5])))


def test_crossings_are_where_the_lines_of_the_logarithms_cross() -> None:
    base = arm_curve([curve([0, 100], [1.0, 0.01])])
    slow = arm_curve([curve([0, 100], [0.5, 0.05])])
    (found,) = crossings(slow, base, "evaluations")
    share = math.log(0.5) / (math.log(0.5) - math.log(5))
    assert found["at"] == pytest.approx(100 * share)
    assert found["ahead_after"] == "against"
    assert crossings(slow, slow, "evaluations") == []
    assert crossings(slow, arm_curve([curve([200, 300], [1.0, 0.1])]), "evaluations") == []
    (other,) = crossings(base, slow, "seconds")
    assert (other["at"], other["ahead_after"]) == (pytest.approx(10 * share), "arm")


def test_arms_are_compared_at_the_largest_budget_that_both_reached() -> None:
    spread = (0.9, 1.0, 1.1)
    runs = [run("none", s, curve([10, 20], [f, 0.5 * f])) for s, f in enumerate(spread)]
    # At 20 evaluations the dear arm is halfway between .64 and .16 on the logarithmic scale: .32 against .5.
    runs += [run("dear", s, curve([10, 30], [0.64 * f**2, 0.16 * f**2])) for s, f in enumerate(spread)]
    section = compute_section(runs, ["none", "dear"], MEASURES, REGISTRATION)
    by = {entry["by"]: entry for entry in section["matched"]}
    assert set(by) == {"evaluations", "seconds"}
    assert by["evaluations"]["at"] == 20
    assert by["evaluations"]["effect"] == pytest.approx(0.64 * float(np.prod(spread)) ** (1 / 3))
    assert by["evaluations"]["low"] < by["evaluations"]["effect"] < by["evaluations"]["high"]
    assert section["seeds"] == 3
    json.dumps(section, allow_nan=False)


def test_only_seeds_with_all_curves_count() -> None:
    runs = [run("none", s, curve([10, 20], [1.0 + s, 0.5])) for s in range(3)]
    runs += [run("dear", s, curve([10, 20], [1.0, 0.5]) if s else None) for s in range(3)]
    section = compute_section(runs, ["none", "dear"], MEASURES, REGISTRATION)
    assert section["seeds"] == 2
    assert section["arms"]["none"]["value"][0] == pytest.approx(math.sqrt(6))


@pytest.mark.parametrize("arms", [["none"], ["dear"], []])
def test_what_is_missing_leaves_gaps_and_no_crash(arms: list[str]) -> None:
    section = compute_section([run(arm, 0, curve([10], [1.0])) for arm in arms], arms, MEASURES, REGISTRATION)
    assert list(section["arms"]) == arms
    assert section["crossings"] == section["matched"] == []
    json.dumps(section, allow_nan=False)


def test_curves_in_points_are_linear_and_keep_their_direction() -> None:
    base = [curve([0, 100], [1.0, 0.2], metric="solved"), curve([0, 100], [0.8, 0.4], metric="solved")]
    arm = [curve([0, 100], [0.6, 0.5], metric="solved"), curve([0, 100], [0.7, 0.5], metric="solved")]
    found = arm_curve(base).values()
    assert found["value"] == pytest.approx([0.1, 0.7])
    assert (found["low"] < found["value"]).all()
    assert (found["high"] > found["value"]).all()
    (crossing,) = crossings(arm_curve(arm), arm_curve(base), "evaluations")
    assert crossing["at"] == pytest.approx(100 * 0.25 / (0.25 + 0.2))
    assert crossing["ahead_after"] == "against"


def test_a_validated_metric_is_compared_on_its_own_scale(tmp_path: Path) -> None:
    rows = [step(2), {"step": 2, "metric": "solved", "validation": {"same": 0.0}}, step(4), scored(4, 0.5)]
    rows[-1]["metric"] = "solved"
    found = read_curve(metrics(tmp_path, rows), "same", MEASURES)
    assert found is not None
    assert found.costs.tolist() == [1.0, 0.5]
    runs = [run("none", s, curve([10, 20], [0.9, 0.5 + 0.01 * s], metric="solved")) for s in range(3)]
    runs += [run("dear", s, curve([10, 20], [0.9, 0.4 + 0.02 * s], metric="solved")) for s in range(3)]
    section = compute_section(runs, ["none", "dear"], MEASURES, REGISTRATION)
    assert section["metric"] == "solved"
    assert section["matched"][0]["effect"] == pytest.approx(0.09)
    # The registered 5 % are of errors; on the other scale its own default counts.
    assert "1 point" in section["matched"][0]["sentence"]
