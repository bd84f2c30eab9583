"""The one interim look, on planted runs."""

import numpy as np
import pytest
from tests.analysis.planted import ARMS, METRICS, baselines, planted_errors, registration, runs_of

from ravine.analysis.interim import half, look
from ravine.analysis.measure import measures_of
from ravine.analysis.outcome import RunResult
from ravine.analysis.pairing import comparisons
from ravine.experiments.results import results_of

MEASURES = measures_of({"mse": METRICS["mse"]})
DECIDED = registration(10, interim=True)


def first_half(ratios: tuple[float, float], spread: float, seeds: int = 5) -> list[RunResult]:
    return runs_of(planted_errors(np.random.default_rng(0), ratios, (1, seeds), spread))


def looked(runs: list[RunResult]) -> dict[str, object]:
    return look(comparisons(runs, ARMS, baselines(["same"]), MEASURES, DECIDED), DECIDED)


def actions(found: dict[str, object]) -> list[str]:
    entries = found["comparisons"]
    assert isinstance(entries, list)
    return [entry["action"] for entry in entries]


@pytest.mark.parametrize(("seeds", "expected"), [(2, 1), (9, 5), (10, 5)])
def test_half_is_rounded_up(seeds: int, expected: int) -> None:
    assert half(registration(seeds)) == expected


def test_a_clear_gain_and_a_clear_loss_stop_the_study() -> None:
    found = looked(first_half((0.5, 2.0), 0.01))
    assert (found["action"], actions(found)) == ("stop", ["stop-efficacy", "stop-futility"])


def test_one_open_comparison_goes_on() -> None:
    found = looked(first_half((0.5, 0.96), 0.05))
    assert (found["action"], actions(found)) == ("go-on", ["stop-efficacy", "go-on"])


def test_a_missing_seed_goes_on() -> None:
    found = looked(first_half((0.5, 0.5), 0.01, seeds=4))
    assert (found["action"], actions(found)) == ("go-on", ["go-on", "go-on"])


def test_nothing_registered_does_not_stop() -> None:
    decided = registration(10, comparisons=())
    runs = first_half((0.5, 0.5), 0.01)
    assert look(comparisons(runs, ARMS, baselines(["same"]), MEASURES, decided), decided)["action"] == "go-on"


def test_a_stop_for_efficacy_is_judged_by_the_seeds_seen() -> None:
    runs = first_half((0.5, 2.0), 0.01)
    found = results_of("planted", runs, baselines(["same"]), DECIDED, interim=looked(runs))
    random, adversarial = (entry for entry in found["comparisons"] if entry["registered"])
    assert random["verdict"] == "improvement of at least 5 % confirmed"
    assert adversarial["verdict"].startswith("not decidable: stopped for futility at the interim look: p = ")
    unlooked = results_of("planted", runs, baselines(["same"]), DECIDED)
    assert unlooked["comparisons"][0]["verdict"] == "not decidable: 5 of 10 registered seeds are finished"
    assert found["interim"]["action"] == "stop"
