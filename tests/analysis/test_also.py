"""Metrics that are registered beside the one that decides: verdicts of their own, one error rate, one outcome."""

from dataclasses import replace

import numpy as np
from tests.analysis.planted import METRICS, planted_errors, registration, runs_of

from ravine.analysis.outcome import RunResult
from ravine.experiments.results import results_of

MSE = "mse"
ALSO = "residual"


def with_another(run: RunResult) -> RunResult:
    """Return a run whose second metric says the opposite of its first."""
    splits = {
        name: {**entry, "metrics": {**entry["metrics"], ALSO: {"value": 1e-4 / entry["metrics"][MSE]["value"]}}}
        for name, entry in run.splits.items()
    }
    return replace(run, splits=splits)


def test_both_have_verdicts_and_the_first_decides() -> None:
    errors = planted_errors(np.random.default_rng(0), (0.5, 0.5), (1, 10), 0.01)
    runs = [with_another(run) for run in runs_of(errors)]
    metrics = {MSE: METRICS[MSE], ALSO: {**METRICS[MSE], "label": ALSO}}
    zero = {"zero": {"same": {"trivial": True, "metrics": {MSE: 1e6, ALSO: 1e6}}}}
    alone = results_of("planted", runs, zero, registration(10), metrics=metrics)
    decided = registration(10, also=(ALSO,))
    found = results_of("planted", runs, zero, decided, metrics=metrics)
    registered = [entry for entry in found["comparisons"] if entry["registered"]]
    assert {(entry["metric"], entry["arm"]) for entry in registered} == {
        (metric, arm) for metric in (MSE, ALSO) for arm in ("random", "adversarial")
    }
    width = {
        name: next(e["high"] - e["low"] for e in of["comparisons"] if e["metric"] == MSE and e["arm"] == "random")
        for name, of in (("alone", alone), ("beside", found))
    }
    assert width["beside"] > width["alone"]
    assert found["outcome"]["name"] == alone["outcome"]["name"]
    assert any(ALSO in line and "worse" in line for line in found["outcome"]["evidence"])
    assert found["registration"]["also"] == [ALSO]
