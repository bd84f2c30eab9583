"""docs/results.md names every key of `results.json`."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.analysis.planted import (
    METRICS,
    baselines,
    planted_errors,
    planted_shares,
    registration,
    runs_of,
    write_study,
)

from ravine.analysis.interim import look
from ravine.analysis.measure import measures_of
from ravine.analysis.pairing import comparisons
from ravine.experiments.results import results, results_of

PAGE = Path(__file__).parents[2] / "docs" / "results.md"
NAMED = {
    "metrics": "METRIC",
    "splits": "SPLIT",
    "baselines": "BASELINE",
    "baselines.BASELINE": "SPLIT",
    "arms": "ARM",
    "arms.ARM.runs[].splits": "SPLIT",
    "arms.ARM.runs[].splits.SPLIT.metrics": "METRIC",
    "arms.ARM.runs[].tests": "SPLIT",
    "compute.arms": "ARM",
}
"""Tables whose keys are names."""
ELSEWHERE = (
    r"baselines\.BASELINE\.SPLIT\.metrics",
    r"arms\.ARM\.runs\[\]\.splits\.SPLIT\.skill",
    r"(arms\.ARM\.runs\[\]|environment)\.(environment|values|validation)",
    r"registration\.others\[\]\.registration",
)
"""Tables whose keys are names with a number each, or described where they first appear."""


def documented() -> dict[str, set[str]]:
    """The keys that the page names, by the path of their table."""
    found: dict[str, set[str]] = {}
    for section in PAGE.read_text().split("\n## ")[1:]:
        title, _, body = section.partition("\n")
        rows = re.findall(r"^\| (`.*?) \|", body, re.MULTILINE)
        found[title.strip("`").replace("results", "", 1)] = {key for row in rows for key in re.findall(r"`(\w+)`", row)}
    return found


def tables(content: Any, path: str = "") -> Iterator[tuple[str, set[str]]]:
    """Every table in results, by its path, with its keys."""
    if isinstance(content, list):
        for entry in content:
            yield from tables(entry, f"{path}[]")
    if not isinstance(content, dict) or any(re.fullmatch(where, path) for where in ELSEWHERE):
        return
    if path not in NAMED:
        yield path, set(content)
    for key, value in content.items():
        name = NAMED.get(path, str(key))
        yield from tables(value, f"{path}.{name}" if path else name)


def whole(folder: Path) -> dict[str, Any]:
    """Results collected from directories, with registered comparisons, curves and everything else."""
    plan = write_study(folder, arms=3, seeds=4)
    decided = registration(4, baseline="arm-0")
    history = [{"registration": {}, "ended_runs": 0}]
    return {**results("planted", plan, baselines(["same", "harder"]), decided, history), "command": "ravine compare"}


def looked() -> dict[str, Any]:
    """Results of a study that took its look."""
    decided = registration(4, interim=True)
    runs = runs_of(planted_errors(np.random.default_rng(0), (0.5, 2.0), (1, 2), 0.01))
    measures = measures_of({"mse": METRICS["mse"]})
    seen = look(comparisons(runs, ("none", "random", "adversarial"), baselines(["same"]), measures, decided), decided)
    return results_of("planted", runs, baselines(["same"]), decided, interim=seen)


def in_points() -> dict[str, Any]:
    """Results of a study in points."""
    runs = runs_of(planted_shares(np.random.default_rng(0), (0.1, 0.2), (1, 4), 0.01), metric="solved")
    return results_of("planted", runs, baselines(["same"]), registration(4, metric="solved", margin=0.01))


@pytest.mark.parametrize("which", ["whole", "looked", "in_points"])
def test_every_key_is_documented(which: str, tmp_path: Path) -> None:
    found = {"whole": lambda: whole(tmp_path), "looked": looked, "in_points": in_points}[which]()
    page, seen = documented(), set()
    for path, keys in tables(found):
        assert keys <= page[path], (path, keys - page[path])
        seen.add(path)
    assert {"", "comparisons[]", "arms.ARM.runs[]"} <= seen


def test_the_page_names_no_table_that_never_appears(tmp_path: Path) -> None:
    appear = {path for found in (whole(tmp_path), looked(), in_points()) for path, _ in tables(found)}
    assert set(documented()) - appear <= {"axes[]", "comparisons[].over_problems", "compute.crossings[]"}
