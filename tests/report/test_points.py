"""A study of shares: the registered metric leads, in per cent and points, and figures have the study's numbers."""

import base64
import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from tests.report.planted import BOARDS, THREE, Plan, plant

from ravine.report import page
from ravine.report.reading.directory import read


@pytest.fixture(scope="module")
def boards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Solved from 79 % to 97 %, with one run diverged; not to be changed."""
    effects, states = {"random": -0.4, "adversarial": 2.1}, {("random", 2): "diverged"}
    plan = Plan(THREE, effects, seeds=4, spread=0.2, states=states, world=BOARDS)
    return plant(tmp_path_factory.mktemp("boards") / "study", plan)


@pytest.fixture(scope="module")
def text(boards: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    return page.write([boards], tmp_path_factory.mktemp("page") / "report.html").page.read_text()


def figure(text: str, key: str) -> str:
    return text[text.index(f'<figure id="p1-{key}">') :].split("</figure>")[0]


def rows_of(text: str, key: str) -> list[dict[str, str]]:
    found = re.search(r"data:text/csv;charset=utf-8;base64,([^\"]+)", figure(text, key))
    assert found
    return list(csv.DictReader(io.StringIO(base64.b64decode(found[1]).decode())))


def test_the_registered_metric_leads_and_the_others_are_shown(boards: Path, text: str) -> None:
    subject = read(boards)
    assert list(subject.metrics) == ["solved", "cells", "solved@5x16"]
    assert text.index("errors-same") < text.index("errors-same-cells") < text.index("errors-same-solved-5x16")
    assert "MSE" not in text
    assert "Arms and baselines: solved, 16 starts of 5 steps" in text


def test_the_mean_of_the_paired_differences_is_the_studys(boards: Path, text: str) -> None:
    found = json.loads((boards / "results.json").read_text())["comparisons"]
    for split in ("same", "harder"):
        rows = rows_of(text, f"differences-{split}")
        for entry in (e for e in found if (e["split"], e["against"], e["metric"]) == (split, "none", "solved")):
            values = [float(row["difference"]) for row in rows if row["arm"] == entry["arm"]]
            assert len(values) == entry["seeds"]
            assert np.mean(values) == pytest.approx(entry["effect"], abs=1e-4)


def test_shares_are_in_per_cent_effects_in_points_and_a_lost_run_counts_as_nothing_solved(text: str) -> None:
    lost = [row for row in rows_of(text, "errors-same") if row["diverged"] == "yes"]
    assert [(row["arm"], row["seed"], float(row["solved"])) for row in lost] == [("random", "2", 0.0)]
    assert re.search(r">\d+ %</text>", figure(text, "errors-same"))
    assert "difference in points" in figure(text, "forest-same")
    assert "within 1 point" in figure(text, "forest-same")
    assert re.search(r"<td[^>]*>\+\d+\.\d points</td>", text)
    assert "naked singles" in figure(text, "errors-same")
    assert "unknown cells" in figure(text, "validation-same")


def test_digits_are_written_and_auc_and_starts_are_drawn(text: str) -> None:
    told = re.search(r"Of 36 digits (\d+) are wrong", figure(text, "forming-none-problem-1-of-same"))
    assert told
    assert int(told[1]) > 0
    assert len(re.findall(r">[a-f]</text>", figure(text, "forming-none-problem-1-of-same"))) == 6 * 36
    assert "AUC" in figure(text, "auc-same")
    ceiling = [float(row["ceiling"]) for row in rows_of(text, "starts-same-ceiling") if row["arm"] == "none"]
    assert ceiling[0] == 0.6
    assert "Distinct answers" in figure(text, "starts-same-distinct")


def test_a_single_run_is_told_by_its_first_metric(boards: Path) -> None:
    made = page.write([boards / "runs" / "none" / "seed-0"])
    words = made.verdicts[0].text
    assert re.match(r"Unknown cells 9\d\.\d % on same", words)
    assert "naked singles, has 96.0 %" in words
