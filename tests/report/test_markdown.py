"""Numbers, tables and verdicts in words."""

from typing import Any

import pytest

from ravine.report.markdown import number, rows_of_baselines, rows_of_runs, verdicts


def run(seed: int, status: str = "finished", **changes: Any) -> dict[str, Any]:
    splits = {"same": {"mse": 0.0123456, "residual": 0.2, "skill": 0.5}} if status == "finished" else {}
    cost = {"train_seconds": 1234.4, "solve_seconds": None, "energy_evaluations": 480, "steps": 6}
    return {"seed": seed, "status": status, "splits": splits, **cost, **changes}


def comparison(registered: bool, sentence: str) -> dict[str, Any]:
    return {"registered": registered, "split": "same" if registered else "harder", "sentence": sentence}


def results(**changes: Any) -> dict[str, Any]:
    both = {"same": {"mse": 0.02, "trivial": True}}
    exact = {"same": {"mse": 1e-15, "trivial": False}}
    return {
        "task": "inverse/4x4",
        "splits": {"same": {}},
        "baselines": {"zero": both, "Newton-Schulz": exact},
        "registration": {"baseline": "none", "seeds": 2, "split": "same", "margin": 0.05},
        "arms": {"none": {"runs": [run(0), run(1)]}},
        "comparisons": [],
        **changes,
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        (0, "0"),
        (0.0, "0"),
        (1, "1"),
        (0.012345, "0.0123"),
        (0.001, "0.001"),
        (0.000999, "9.99e-04"),
        (6.31e-15, "6.31e-15"),
        (99.95, "100"),
        (480, "480"),
        (999.6, "1000"),
        (1234.4, "1234"),
        (-1730.2, "-1730"),
        (9999.6, "1e+04"),
        (12345, "1.23e+04"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
    ],
)
def test_numbers_have_three_significant_digits(value: float | None, text: str) -> None:
    assert number(value) == text


def test_the_tables_of_runs_and_baselines_fit_together() -> None:
    found = results(arms={"none": {"runs": [run(0)]}, "random": {"runs": [run(0, "diverged")]}})
    header, rows = rows_of_runs(found)
    assert rows[0] == ["none", "0", "finished", "0.0123", "0.5", "1234", "—", "480"]
    assert rows[1][:5] == ["random", "0", "diverged", "—", "—"]
    baselines = rows_of_baselines(found)
    assert {len(row) for row in rows + baselines} == {len(header)}
    assert baselines[0][:5] == ["zero", "", "baseline", "0.02", "trivial"]
    assert baselines[1][4] == "exact method"


def test_what_decides_comes_first_and_the_rest_is_called_exploratory() -> None:
    lines = verdicts(results(comparisons=[comparison(False, "One."), comparison(True, "Two.")]))
    assert lines == ["`same`: Two.", "Exploratory, `harder`: One."]
