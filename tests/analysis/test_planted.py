"""Planted truths through the path that a study takes, from its runs to its results."""

import json
import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.analysis.planted import (
    baselines,
    planted_errors,
    planted_shares,
    registration,
    runs_of,
    write_study,
)

from ravine.experiments.results import results, results_of

SPREAD = 0.05
BETTER = ("improvement of at least 5 % confirmed", "better")


def error_of(rate: float, count: int) -> float:
    """Four standard errors of a simulated rate."""
    return 4 * math.sqrt(rate * (1 - rate) / count)


def many(ratio: float, seeds: int, studies: int, seed: int) -> list[dict[str, Any]]:
    """The registered comparison of `studies` independent studies of two arms, simulated as splits of one.

    Splits are compared on their own, so one call answers for all of them; intervals, verdicts and p values are those of
    a study of one registered comparison.
    """
    generator = np.random.default_rng(seed)
    splits = [f"split-{index}" for index in range(studies)]
    errors = planted_errors(generator, [ratio], (studies, seeds), SPREAD)
    decided = registration(seeds, split=splits[0])
    found = results_of("planted", runs_of(errors, splits), baselines(splits), decided)
    assert len(found["comparisons"]) == studies
    return list(found["comparisons"])


@pytest.mark.parametrize("seeds", [5, 10, 20])
def test_intervals_cover_the_true_ratio_at_the_nominal_rate(seeds: int) -> None:
    studies = 8000
    found = many(0.9, seeds, studies, seed=seeds)
    covered = sum(entry["low"] < 0.9 < entry["high"] for entry in found) / studies
    assert error_of(0.95, studies) < 0.01
    assert covered == pytest.approx(0.95, abs=0.01)


def test_a_planted_gain_of_10_percent_is_read_as_better() -> None:
    generator, read = np.random.default_rng(0), []
    for _ in range(100):
        errors = planted_errors(generator, [1.0, 0.9], (1, 10), SPREAD)
        found = results_of("planted", runs_of(errors), baselines(["same"]), registration(10))
        (entry,) = [e for e in found["comparisons"] if e["registered"] and e["arm"] == "adversarial"]
        read.append((entry["verdict"].startswith(BETTER), found["outcome"]["name"].startswith("mining helps")))
    assert sum(verdict for verdict, _ in read) >= 95
    # The sentence is about random negatives too, which by chance are better as well or open in some studies.
    assert sum(outcome for _, outcome in read) >= 90


def test_no_gain_is_rarely_confirmed() -> None:
    studies = 2000
    verdicts = [entry["verdict"] for entry in many(1.0, 10, studies, seed=1)]
    assert sum(words.startswith(BETTER[0]) for words in verdicts) / studies <= 0.025
    better = sum(words.startswith(BETTER) for words in verdicts) / studies
    assert better == pytest.approx(0.025, abs=error_of(0.025, studies))


def test_no_gain_is_rarely_called_help() -> None:
    generator, studies, names = np.random.default_rng(2), 400, []
    for _ in range(studies):
        errors = planted_errors(generator, [1.0, 1.0], (1, 10), SPREAD)
        found = results_of("planted", runs_of(errors), baselines(["same"]), registration(10))
        names.append(found["outcome"]["name"])
    assert names.count("mining helps, by at least the margin") / studies <= 0.025
    assert sum(name.startswith("mining helps") for name in names) / studies <= 0.0125 + error_of(0.0125, studies)


@pytest.mark.parametrize(
    ("ratios", "name"),
    [
        ((1.0, 0.8), "mining helps, by at least the margin"),
        ((0.8, 0.8), "random is enough"),
        ((1.1, 1.2), "no mining is best"),
    ],
)
def test_a_clear_truth_is_named(ratios: tuple[float, float], name: str) -> None:
    errors = planted_errors(np.random.default_rng(3), ratios, (1, 10), 0.01)
    found = results_of("planted", runs_of(errors), baselines(["same"]), registration(10))
    assert found["outcome"]["name"] == name
    assert found["outcome"]["evidence"]
    assert found["outcome"]["next"]


@pytest.mark.parametrize(("cost", "words"), [(48, "as many"), (120, "2.5 times as many")])
def test_the_evidence_says_what_training_cost(cost: int, words: str) -> None:
    runs = runs_of(planted_errors(np.random.default_rng(3), (1.0, 0.8), (1, 10), 0.01))
    dearer = [replace(r, facts={**r.facts, "energy_evaluations": cost}) if r.arm == "random" else r for r in runs]
    found = results_of("planted", dearer, baselines(["same"]), registration(10))
    assert f"At equal steps, random took {words} energy evaluations as none." in found["outcome"]["evidence"]


def test_a_dearer_arm_is_compared_with_a_cheaper_one_in_any_order() -> None:
    none, random, adversarial = planted_errors(np.random.default_rng(3), (0.9, 0.7), (1, 10), 0.01)
    runs = runs_of([none, random, adversarial])
    turned = sorted(runs, key=lambda run: ("none", "adversarial", "random").index(run.arm))
    found = [results_of("planted", order, baselines(["same"]), registration(10)) for order in (runs, turned)]
    pairs = [[(e["arm"], e["against"]) for e in entry["comparisons"] if e["exploratory"]] for entry in found]
    assert pairs == [[("adversarial", "random")]] * 2
    assert found[0]["outcome"]["name"] == found[1]["outcome"]["name"] == "mining helps, by at least the margin"
    for words in ("against the cheaper arms", "adversarial / none = ", "adversarial / random = "):
        assert words in found[0]["outcome"]["sentence"]


def test_training_that_breaks_is_named() -> None:
    errors = planted_errors(np.random.default_rng(4), (1.0, 1.0), (1, 10), 0.01)
    errors[2][0, :5] = math.nan
    found = results_of("planted", runs_of(errors), baselines(["same"]), registration(10))
    assert found["outcome"]["name"] == "training became unstable"
    assert "adversarial: 5 of 10 runs diverged (50%, interval 24% to 76%)" in found["outcome"]["evidence"]
    (entry,) = [e for e in found["comparisons"] if e["registered"] and e["arm"] == "adversarial"]
    assert entry["p_diverged"] == pytest.approx(2 / 2**5)


@pytest.mark.parametrize("zero_arm", [0, 2])
def test_an_error_of_exactly_zero_is_answered(zero_arm: int) -> None:
    errors = planted_errors(np.random.default_rng(5), (1.0, 0.9), (1, 10), 0.01)
    errors[zero_arm][0, 3] = 0.0
    found = results_of("planted", runs_of(errors), baselines(["same"]), registration(10))
    name = ("none", "random", "adversarial")[zero_arm]
    spoiled = [e for e in found["comparisons"] if name in (e["arm"], e["against"])]
    assert len(spoiled) == 2
    for entry in spoiled:
        assert entry["verdict"] == (
            f"not decidable: the error of {name} at seed 3 is exactly 0, and no ratio to it exists"
        )
        assert entry["effect"] is entry["p"] is None
    json.dumps(found, allow_nan=False)


def test_only_non_finite_runs_diverge_where_that_was_registered() -> None:
    errors = planted_errors(np.random.default_rng(6), (1.0, 1.0), (1, 5), 0.01)
    errors[1][0, 0], errors[2][0, 0] = 2e6, math.inf
    found = results_of("planted", runs_of(errors), baselines(["same"]), registration(5, divergence="non-finite"))
    by_arm = {e["arm"]: e for e in found["comparisons"] if e["registered"]}
    assert by_arm["random"]["diverged"] == [0, 0]
    assert by_arm["adversarial"]["diverged"] == [1, 0]
    assert found["arms"]["random"]["diverged"]["count"] == 0
    assert "count with the worst error seen" in by_arm["adversarial"]["sentence"]
    default = results_of("planted", runs_of(errors), baselines(["same"]), registration(5))
    assert {e["arm"]: e["diverged"] for e in default["comparisons"] if e["registered"]} == {
        "random": [1, 0],
        "adversarial": [1, 0],
    }


def test_what_was_not_registered_explores() -> None:
    errors = planted_errors(np.random.default_rng(7), (1.0, 0.9), (2, 10), SPREAD)
    runs, splits = runs_of(errors, ("same", "harder")), ("same", "harder")
    found = results_of("planted", runs, baselines(splits), registration(10, comparisons=("adversarial",)))
    decides = [e for e in found["comparisons"] if e["registered"]]
    assert [(e["arm"], e["split"], e["exploratory"]) for e in decides] == [("adversarial", "same", False)]
    explores = [e for e in found["comparisons"] if e["exploratory"]]
    assert {(e["arm"], e["against"], e["split"]) for e in explores} == {
        ("random", "none", "same"),
        ("random", "none", "harder"),
        ("adversarial", "none", "harder"),
        ("adversarial", "random", "same"),
    }
    assert decides[0]["q"] is None
    assert decides[0]["p_holm"] == decides[0]["p"]
    assert all(e["p"] <= e["q"] <= 1 for e in explores)
    assert "random" not in found["outcome"]["sentence"]


def test_nothing_registered_has_no_headline() -> None:
    errors = planted_errors(np.random.default_rng(8), (0.5, 0.5), (1, 10), SPREAD)
    found = results_of("planted", runs_of(errors), baselines(["same"]), registration(10, comparisons=()))
    assert found["outcome"]["name"] == "nothing registered"
    assert all(entry["exploratory"] for entry in found["comparisons"])


@pytest.mark.parametrize("seeds", [1, 2])
@pytest.mark.parametrize("arms", [1, 2, 3])
def test_few_seeds_and_few_arms_are_answered(seeds: int, arms: int) -> None:
    errors = planted_errors(np.random.default_rng(9), (1.0, 0.9), (1, seeds), SPREAD)[:arms]
    decided = registration(seeds, baseline=None if arms == 1 else "none")
    found = results_of("planted", runs_of(errors), baselines(["same"]), decided)
    assert found["outcome"]["name"] == ("nothing registered" if arms == 1 else "not decidable")
    json.dumps(found, allow_nan=False)


def test_a_thousand_runs_are_collected_in_seconds(tmp_path: Path) -> None:
    plan = write_study(tmp_path, arms=100, seeds=10)
    decided = registration(10, baseline="arm-0")
    began = time.process_time()
    found = results("planted", plan, baselines(["same", "harder"]), decided)
    assert time.process_time() - began < 5
    assert sum(len(entry["runs"]) for entry in found["arms"].values()) == 1000
    assert len(found["compute"]["arms"]) == 100
    assert len(found["comparisons"]) == 2 * 99


def by_solved(values: list[Any], seeds: int = 10, **changes: Any) -> dict[str, Any]:
    """The results of a study that registers the share of problems solved, with a margin of five points."""
    decided = registration(seeds, **{"metric": "solved", "margin": 0.05, **changes})
    return results_of("planted", runs_of(values, metric="solved"), baselines(["same"]), decided)


def registered(found: dict[str, Any], arm: str) -> dict[str, Any]:
    (entry,) = [e for e in found["comparisons"] if e["registered"] and e["arm"] == arm]
    return dict(entry)


@pytest.mark.parametrize(
    ("gains", "name"),
    [
        ((0.0, 0.15), "mining helps, by at least the margin"),
        ((0.15, 0.15), "random is enough"),
        ((-0.1, -0.2), "no mining is best"),
        ((0.0, 0.0), "practically equivalent"),
    ],
)
def test_a_clear_truth_in_points_is_named(gains: tuple[float, float], name: str) -> None:
    found = by_solved(planted_shares(np.random.default_rng(3), gains, (1, 10), 0.01))
    assert found["outcome"]["name"] == name
    assert "error" not in found["outcome"]["sentence"]
    entry = registered(found, "adversarial")
    assert entry["low"] < gains[1] < entry["high"]
    assert entry["low"] < entry["effect"] < entry["high"]
    assert (entry["metric"], entry["scale"], entry["margin"]) == ("solved", "points", 0.05)


def test_intervals_in_points_cover_the_true_gain_at_the_nominal_rate() -> None:
    generator, studies = np.random.default_rng(4), 4000
    splits = [f"split-{index}" for index in range(studies)]
    values = planted_shares(generator, [0.1], (studies, 10), SPREAD)
    decided = registration(10, split=splits[0], metric="solved", margin=0.01)
    found = results_of("planted", runs_of(values, splits, "solved"), baselines(splits), decided)
    covered = sum(entry["low"] < 0.1 < entry["high"] for entry in found["comparisons"]) / studies
    assert covered == pytest.approx(0.95, abs=error_of(0.95, studies))


def test_a_perfect_arm_is_better_in_points() -> None:
    none, random, _ = planted_shares(np.random.default_rng(5), (0.0, 0.0), (1, 10), 0.01)
    found = by_solved([none, random, np.ones((1, 10))])
    assert registered(found, "adversarial")["verdict"] == "improvement of at least 5 points confirmed"
    assert found["outcome"]["name"] == "mining helps, by at least the margin"


def test_arms_that_solve_all_in_all_seeds_are_not_decidable() -> None:
    found = by_solved([np.ones((1, 10))] * 3)
    assert "identical over all 10 seeds" in registered(found, "adversarial")["verdict"]
    assert found["outcome"]["name"] == "not decidable"
    assert any("harder split" in line for line in found["outcome"]["next"])


@pytest.mark.parametrize("rule", ["worse-than-zero", "non-finite"])
def test_a_diverged_run_solves_nothing_and_needs_no_zero_predictor(rule: str) -> None:
    none, random, adversarial = planted_shares(np.random.default_rng(6), (0.0, 0.0), (1, 10), 0.01)
    adversarial[0, 0] = math.nan
    decided = registration(10, metric="solved", margin=0.05, divergence=rule)
    found = results_of(
        "planted",
        runs_of([none, random, adversarial], metric="solved"),
        {},
        decided,
    )
    entry = registered(found, "adversarial")
    assert entry["refused"] is None
    assert entry["diverged"] == [1, 0]
    difference = np.where(np.isnan(adversarial), 0.0, adversarial) - none
    assert entry["effect"] == pytest.approx(float(difference.mean()))
    assert "worst share" in entry["sentence"]


def test_no_gain_in_points_is_rarely_called_help() -> None:
    generator, studies, names = np.random.default_rng(7), 300, []
    for _ in range(studies):
        names.append(by_solved(planted_shares(generator, (0.0, 0.0), (1, 10), SPREAD))["outcome"]["name"])
    assert sum(name.startswith("mining helps") for name in names) / studies <= 0.0125 + error_of(0.0125, studies)


@pytest.mark.parametrize("share", [37.0, -0.5])
def test_what_is_no_share_is_answered_and_no_divergence(share: float) -> None:
    none, random, adversarial = planted_shares(np.random.default_rng(8), (0.0, 0.0), (1, 10), 0.01)
    adversarial[0, 3] = share
    found = by_solved([none, random, adversarial])
    verdict = registered(found, "adversarial")["verdict"]
    assert verdict == "not decidable: the metric solved of adversarial at seed 3 is no share between 0 and 1"
    assert found["arms"]["adversarial"]["diverged"]["count"] == 0
    json.dumps(found, allow_nan=False)
