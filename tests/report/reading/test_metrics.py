"""Metrics read lean are the same numbers, fewer of them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ravine.report.reading.metrics import ALL, LEAST, MOST, read_metrics, rows_each


def row(step: int, **changes: Any) -> dict[str, Any]:
    arms = {"a": {"share": 0.25, "gap": 4.0}, "b": {"share": 0.75, "gap": 8.0 * step}}
    return {"step": step, "denoise": 1 / step, "arms": arms, "evaluations": 10 * step, "seconds": 0.5 * step, **changes}


def write(file: Path, rows: list[dict[str, Any]], tail: str = "") -> Path:
    file.write_text("".join(json.dumps(entry) + "\n" for entry in rows) + tail)
    return file


@given(count=st.integers(1, 60), most=st.integers(61, 200))
def test_a_short_file_is_read_whole(tmp_path_factory: pytest.TempPathFactory, count: int, most: int) -> None:
    rows = [row(step) for step in range(1, count + 1)]
    found = read_metrics(write(tmp_path_factory.mktemp("m") / "metrics.jsonl", rows), most)
    steps = np.arange(1, count + 1)
    assert np.array_equal(found.logged["step"], steps)
    assert np.allclose(found.logged["denoise"], 1 / steps)
    assert np.allclose(found.logged["gap"], 0.25 * 4 + 0.75 * 8 * steps)
    assert found.broken == 0


def test_a_long_file_is_thinned_and_keeps_both_ends(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = []
    for step in range(1, 5001):
        rows.append(row(step))
        if step % 50 == 0:
            rows.append({"step": step, "validation": {"same": 1 / step, "harder": None}})
    found = read_metrics(write(tmp_path / "metrics.jsonl", rows), 40)
    steps = found.logged["step"]
    assert 30 <= len(steps) <= 40
    assert steps[0] == 1
    assert steps[-1] > 4990 - 5000 / 40
    assert np.all(np.diff(steps) > 0)
    assert np.diff(steps).max() < 3 * 5000 / 40
    assert np.allclose(found.logged["denoise"], 1 / steps)
    same = found.validation["same"]
    assert len(same) == 40
    assert (same[0, 0], same[-1, 0]) == (50, 5000)
    assert np.allclose(same[:, 1], 1 / same[:, 0])
    assert np.isnan(found.validation["harder"][:, 1]).all()


def test_numbers_that_are_none_are_nan_and_a_cut_line_is_passed_over(tmp_path: Path) -> None:
    rows = [row(1), row(2, denoise=None), row(3, denoise=float("nan"), arms={}), row(4, seconds=None)]
    found = read_metrics(write(tmp_path / "metrics.jsonl", rows, '{"step": 5, "den'), 50)
    assert np.array_equal(found.logged["step"], [1, 2, 3, 4])
    assert np.isnan(found.logged["denoise"]).tolist() == [False, True, True, False]
    assert np.isnan(found.logged["gap"]).tolist() == [False, False, True, False]
    assert found.broken == 2
    assert found.at("seconds", np.array([1.5, 2.0, 3.5])) == pytest.approx([0.75, 1.0, np.nan], nan_ok=True)


@pytest.mark.parametrize("text", [None, "", "\n"])
def test_no_metrics_are_no_rows(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "metrics.jsonl"
    if text is not None:
        file.write_text(text)
    found = read_metrics(file, 50)
    assert found.logged["step"].size == 0
    assert found.validation == {}
    assert np.isnan(found.at("seconds", np.array([1.0]))).all()


def test_many_runs_are_read_thinner() -> None:
    assert rows_each(1) == MOST
    assert rows_each(100_000) == LEAST
    assert all(rows_each(runs) * runs <= max(ALL, LEAST * runs) for runs in (10, 300, 1000))
