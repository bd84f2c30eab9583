"""Whatever a directory lacks or holds, a report says what there is to say; warnings are errors here."""

import json
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.report.planted import THREE, Plan, plant

from ravine.report import page
from ravine.report.page import Written, write
from ravine.report.part import Part

TWO = {name: THREE[name] for name in ("none", "adversarial")}
PLAIN = Plan(TWO, {"adversarial": -0.2}, seeds=3, rows=20, measured=False)
EVERY = [(arm, seed) for arm in TWO for seed in range(3)]


@pytest.fixture(autouse=True)
def _no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the PNGs, which are drawn from the same figures as the page."""

    def names(parts: Sequence[Part], folder: Path) -> dict[str, Path]:
        panels = [(part, panel) for part in parts for section in part.sections for panel in section.panels]
        return {f"{part.anchor}-{panel.key}": folder / f"{panel.key}.png" for part, panel in panels}

    monkeypatch.setattr(page, "pictures", names)


def edit(file: Path, change: Callable[[Any], object]) -> None:
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))


def each_score(results: Any, change: Callable[[Any], object]) -> None:
    for arm in results["arms"].values():
        for run in arm["runs"]:
            for score in run["splits"].values():
                change(score)


def report(out: Path) -> tuple[Written, str]:
    made = write([out])
    text = made.page.read_text()
    assert text.count("<figure ") == len(made.figures)
    assert made.verdicts[0].text
    assert not re.search(r"\bnan\b", re.sub(r"base64,[^\"]+", "", text), re.IGNORECASE)
    return made, text


@pytest.mark.parametrize("seeds", [1, 2])
def test_few_seeds(tmp_path: Path, seeds: int) -> None:
    made, _ = report(plant(tmp_path / "s", replace(PLAIN, seeds=seeds)))
    assert made.verdicts[0].text.startswith("Not decidable: ")


@pytest.mark.parametrize("seeds", [1, 4])
def test_one_arm(tmp_path: Path, seeds: int) -> None:
    made, text = report(plant(tmp_path / "s", replace(PLAIN, arms={"none": TWO["none"]}, seeds=seeds)))
    assert made.verdicts[0].text.startswith("One arm, none: nothing to compare. MSE 0.0")
    assert "least squares, has 0.0197" in made.verdicts[0].text
    assert 'id="p1-forest"' not in text


@pytest.mark.parametrize("state", ["diverged", "failed", "missing", "interrupted"])
def test_no_run_finished(tmp_path: Path, state: str) -> None:
    made, text = report(plant(tmp_path / "s", replace(PLAIN, states=dict.fromkeys(EVERY, state))))
    unstable = "Training became unstable in the baseline none itself."
    expected = unstable if state == "diverged" else "Not decidable: adversarial against none: "
    assert made.verdicts[0].text.startswith(expected)
    assert "6 of 6 runs did not finish" in text


def test_averaged_weights_that_lag_are_told_of(tmp_path: Path) -> None:
    out = plant(tmp_path / "s", PLAIN)
    assert "averaged weights" not in report(out)[1]
    first = {"validation": {"averaged": 72.5, "raw": 50.0}}
    edit(out / "results.json", lambda found: found["arms"]["none"]["runs"][0].update(first))
    assert "none 1.45 times (1 of 3 runs)" in report(out)[1]


def test_missing_runs_are_rows(tmp_path: Path) -> None:
    out = plant(tmp_path / "s", PLAIN)
    shutil.rmtree(out / "runs" / "adversarial" / "seed-1")
    edit(out / "results.json", lambda found: found["arms"]["adversarial"]["runs"].pop(1))
    _, text = report(out)
    assert "1 of 6 runs did not finish: 1 missing" in text


def test_an_unfinished_study_has_no_verdict(tmp_path: Path) -> None:
    states = {("none", 0): "running", ("adversarial", 2): "missing", ("adversarial", 1): "diverged"}
    out = plant(tmp_path / "s", replace(PLAIN, states=states))
    (out / "results.json").unlink()
    made, text = report(out)
    assert made.verdicts[0].text == ("Not finished: 4 of 6 runs have come to their end, and the verdict waits for all.")
    assert 'id="p1-forest"' not in text
    assert 'id="p1-errors-same"' in text
    assert "1 running, 1 diverged, 1 missing" in text


def test_a_study_not_begun(tmp_path: Path) -> None:
    out = plant(tmp_path / "s", PLAIN)
    shutil.rmtree(out / "runs")
    (out / "results.json").unlink()
    (out / "baselines.json").unlink()
    made, _ = report(out)
    assert made.verdicts[0].text.startswith("Not finished: 0 of 6")
    assert made.figures == ()


@pytest.mark.parametrize("value", [0.01, 0.0, 1e-300, None])
def test_identical_tiny_and_missing_errors(tmp_path: Path, value: object) -> None:
    out = plant(tmp_path / "s", PLAIN)
    edit(
        out / "results.json", lambda found: each_score(found, lambda score: score["metrics"]["mse"].update(value=value))
    )
    report(out)


def test_identical_seeds_are_called_a_fault(tmp_path: Path) -> None:
    made, _ = report(plant(tmp_path / "s", replace(PLAIN, spread=0.0)))
    assert "a fault" in made.verdicts[0].text


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "",
        lambda text: text.splitlines(keepends=True)[0],
        lambda text: text + '{"step": 99, "loss": 0.',
        lambda text: text.replace('"denoise": 0', '"denoise": NaN, "was": 0'),
        lambda text: text.replace('"denoise": 0', '"denoise": null, "was": 0').replace(
            '"same": 0', '"same": null, "was": 0'
        ),
        lambda text: text.replace('"gap": ', '"gap": null, "was": '),
    ],
    ids=["empty", "one row", "cut off", "nan", "null", "no gap"],
)
def test_any_metrics(tmp_path: Path, change: Callable[[str], str]) -> None:
    out = plant(tmp_path / "s", PLAIN)
    for file in out.glob("runs/*/*/metrics.jsonl"):
        file.write_text(change(file.read_text()))
    report(out)


def test_rows_that_are_not_finite_are_told(tmp_path: Path) -> None:
    out = plant(tmp_path / "s", PLAIN)
    file = out / "runs" / "none" / "seed-0" / "metrics.jsonl"
    file.write_text(file.read_text().replace('"denoise": 0', '"denoise": null, "was": 0', 2))
    _, text = report(out)
    assert "In 2 of the rows read the loss is not finite" in text


@pytest.mark.parametrize("gone", ["runs", "study.json", "baselines.json"])
def test_parts_of_the_directory_gone(tmp_path: Path, gone: str) -> None:
    out = plant(tmp_path / "s", PLAIN)
    shutil.rmtree(out / gone) if (out / gone).is_dir() else (out / gone).unlink()
    report(out)


def test_a_baseline_that_is_not_trivial_is_not_called_exact(tmp_path: Path) -> None:
    _, text = report(plant(tmp_path / "s", PLAIN))
    rows = [line for line in text.splitlines() if '<th scope="row">Newton-Schulz (20)' in line]
    assert rows
    assert all(">reference<" in row and "exact" not in row for row in rows)


def test_no_baselines_are_missed_in_words(tmp_path: Path) -> None:
    out = plant(tmp_path / "s", PLAIN)
    edit(out / "results.json", lambda found: found.update(baselines={}))
    _, text = report(out)
    assert "No trivial baseline was measured here" in text


def nothing(value: Any) -> Any:
    """Return a measurement with every number gone."""
    if isinstance(value, dict):
        return {key: nothing(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [nothing(entry) for entry in value]
    return None if isinstance(value, float) else value


@pytest.mark.parametrize(
    "change",
    [
        nothing,
        lambda found: {},
        lambda found: {"splits": {"same": {}}},
        lambda found: {"splits": {"same": {"landscapes": [], "slice": {"axis": [1]}, "forming": {"right": [[1]]}}}},
    ],
)
def test_any_landscapes_and_budgets(tmp_path: Path, change: Callable[[Any], Any]) -> None:
    out = plant(tmp_path / "s", replace(PLAIN, measured=True, seeds=2))
    for name in ("landscapes", "budget"):
        for file in out.glob(f"runs/*/*/{name}.json"):
            found = change(json.loads(file.read_text()))
            file.write_text(json.dumps(found if name == "landscapes" else {"splits": {"same": []}}))
    report(out)


def test_a_single_run_and_a_broken_one(tmp_path: Path) -> None:
    out = plant(tmp_path / "s", replace(PLAIN, states={("none", 0): "diverged"}))
    made, text = report(out / "runs" / "adversarial" / "seed-1")
    assert "least squares, has 0.0197" in made.verdicts[0].text
    assert "No trivial baseline" not in text
    made, _ = report(out / "runs" / "none" / "seed-0")
    assert made.verdicts[0].text.startswith("The run is diverged: loss or gradient not finite at step 1500")


def test_a_run_scored_on_other_test_sets_borrows_no_baselines(tmp_path: Path) -> None:
    out = plant(tmp_path / "s", PLAIN)
    run = out / "runs" / "none" / "seed-0"
    edit(run / "evaluation.json", lambda found: found["splits"]["same"].update(hash="another"))
    made, _ = report(run)
    assert "no trivial baseline was measured" in made.verdicts[0].text
