"""`ravine power`."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.cli.said import Ravine

from ravine.statistics import seeds_needed, spread_interval


def run(seed: int, mse: float | None) -> dict[str, Any]:
    splits = {} if mse is None else {"same": {"mse": mse}, "harder": {"mse": 2 * mse}}
    return {"seed": seed, "status": "finished" if splits else "diverged", "splits": splits}


@pytest.fixture
def pilot(tmp_path: Path) -> Path:
    """A pilot of five seeds; adversarial diverged at the last."""
    d = [0.1, -0.05, 0.02, 0.0, 0.07]
    arms = {
        "none": {"runs": [run(s, 0.1 * (s + 1)) for s in range(5)]},
        "random": {"runs": [run(s, 0.1 * (s + 1) * float(np.exp(d[s]))) for s in range(5)]},
        "adversarial": {
            "runs": [run(s, None if s == 4 else 0.1 * (s + 1) * float(np.exp(2 * d[s]))) for s in range(5)]
        },
    }
    registration = {"baseline": "none", "split": "same", "margin": 0.1, "seeds": 5, "comparisons": ["random"]}
    (tmp_path / "results.json").write_text(json.dumps({"registration": registration, "arms": arms}))
    return tmp_path


def tables(ravine: Ravine, *words: object) -> list[dict[str, Any]]:
    done = ravine("power", *words, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found: list[dict[str, Any]] = json.loads(done.stdout)["tables"]
    return found


def test_the_figures_of_a_stated_spread_are_the_known_ones(ravine: Ravine) -> None:
    (small,), (large,) = (tables(ravine, "--spread", spread) for spread in (0.05, 0.1))
    seeds = [{row["gain"]: row["seeds"] for row in table["rows"]} for table in (small, large)]
    assert (seeds[0][0.05], seeds[0][0.1]) == (12, 5)
    assert (seeds[1][0.05], seeds[1][0.1]) == (39, 12)
    assert (small["comparisons"], small["margin"], small["power"]) == (2, 0.05, 0.8)
    assert small["rows"][1]["to_show_margin"] is None
    assert small["rows"][2]["to_show_margin"] == seeds_needed(math.log(0.9 / 0.95), 0.05, 2)


def test_a_pilot_gives_its_spread_and_how_well_it_knows_it(ravine: Ravine, pilot: Path) -> None:
    random, adversarial = tables(ravine, pilot)
    expected = spread_interval([0.1, -0.05, 0.02, 0.0, 0.07])
    assert random["source"] == "MSE: random / none on same"
    assert random["scale"] == "ratio"
    assert [random[key] for key in ("spread", "low", "high")] == pytest.approx(
        [expected.spread, expected.low, expected.high]
    )
    assert (random["pilot_seeds"], random["left_out"]) == (5, 0)
    assert (adversarial["pilot_seeds"], adversarial["left_out"]) == (4, 1)
    assert (random["comparisons"], random["margin"]) == (1, 0.1)
    for row in random["rows"]:
        assert row["seeds_low"] <= row["seeds"] <= row["seeds_high"]
    assert random["rows"][1]["seeds"] == seeds_needed(math.log(0.95), expected.spread, 1)


def test_points_are_planned_in_shares(ravine: Ravine) -> None:
    (table,) = tables(ravine, "--scale", "points", "--spread", 0.058, "--comparisons", 1)
    assert (table["scale"], table["margin"]) == ("points", 0.01)
    assert {row["gain"]: row["seeds"] for row in table["rows"]}[0.05] == seeds_needed(0.05, 0.058) == 13
    assert table["rows"][2]["to_show_margin"] == seeds_needed(0.04, 0.058)
    shown = ravine("power", "--scale", "points", "--spread", 0.058).stdout
    assert "5 points" in shown
    assert "spread 5.8 points" in shown
    assert "%" not in shown.replace("share 5 %", "")


def test_a_pilot_in_points_gives_its_scale(ravine: Ravine, tmp_path: Path) -> None:
    d = [0.1, -0.05, 0.02, 0.0, 0.07]
    solved = {"none": [0.5] * 5, "mined": [0.5 + each for each in d]}
    arms = {
        arm: {
            "runs": [
                {"seed": seed, "state": "finished", "splits": {"same": {"metrics": {"solved": {"value": value}}}}}
                for seed, value in enumerate(values)
            ]
        }
        for arm, values in solved.items()
    }
    metrics = {"solved": {"label": "solved", "better": "higher", "scale": "points", "target": 1.0}}
    registration = {"baseline": "none", "split": "same", "margin": 0.02, "metric": "solved"}
    content = {"schema": 2, "metrics": metrics, "registration": registration, "arms": arms}
    (tmp_path / "results.json").write_text(json.dumps(content))
    (table,) = tables(ravine, tmp_path)
    assert (table["scale"], table["margin"], table["pilot_seeds"]) == ("points", 0.02, 5)
    assert table["spread"] == pytest.approx(spread_interval(d).spread)
    assert table["source"] == "solved: mined - none on same"


def test_the_table_says_what_it_rests_on(ravine: Ravine, pilot: Path) -> None:
    done = ravine("power", pilot, "--margin", 0.02, "--comparisons", 3, "--gains", "0.05")
    for word in (
        "5 %",
        "at the greatest",
        "to show at least 2 %",
        "3 comparisons",
        "95 % interval",
        "1 seeds left out",
    ):
        assert word in done.stdout
    assert ravine("power", "--spread", 0.1, "--quiet").stdout == ""


def test_what_no_study_can_show_is_not_counted(ravine: Ravine) -> None:
    (table,) = tables(ravine, "--spread", 3, "--gains", "0.001,0.9")
    assert table["rows"][0]["seeds"] is None
    assert table["rows"][1]["seeds"] > 3
    assert "over 100,000" in ravine("power", "--spread", 3, "--gains", "0.001").stdout
    (tiny,) = tables(ravine, "--spread", 1e-6)
    assert {row["seeds"] for row in tiny["rows"]} == {3}  # a verdict takes three


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "give either a pilot"),
        (["DIR", "--spread", 0.1], "give either a pilot"),
        (["--spread", 0], "--spread 0"),
        (["--spread", "nan"], "--spread nan"),
        (["--spread", 5.8, "--scale", "points"], "0.05 for 5 points"),
        (["nowhere", "--scale", "points"], "--scale goes with --spread"),
        (["--spread", 0.1, "--margin", 1], "--margin 1"),
        (["--spread", 0.1, "--power", 0], "--power 0"),
        (["--spread", 0.1, "--gains", "0.1,2"], "--gains: '2'"),
        (["--spread", 0.1, "--gains", "x"], "--gains: 'x'"),
        (["nowhere"], "no results.json"),
    ],
)
def test_questions_without_an_answer(ravine: Ravine, words: list[object], expected: str) -> None:
    done = ravine("power", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert expected in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("seeds", [0, 1])
def test_a_pilot_too_small_is_refused(ravine: Ravine, pilot: Path, seeds: int) -> None:
    content = json.loads((pilot / "results.json").read_text())
    for entry in content["arms"].values():
        entry["runs"] = entry["runs"][:seeds]
    (pilot / "results.json").write_text(json.dumps(content))
    assert "at two seeds or more" in ravine("power", pilot).stderr


def test_other_files_are_no_pilot(ravine: Ravine, tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text("{}")
    assert "holds no study's results" in ravine("power", tmp_path).stderr
