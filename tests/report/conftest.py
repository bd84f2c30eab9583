"""A planted study with everything that a report can show, and its page, made once."""

import json
from pathlib import Path

import pytest
from tests.report.planted import THREE, Plan, outcome, plant

from ravine.report import figures, page


@pytest.fixture(autouse=True)
def _draft(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "DPI", 40)
    monkeypatch.setattr(page, "DPI", 30)


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of three arms and six seeds, one run diverged and one failed, with an outcome; not to be changed."""
    states = {("adversarial", 3): "diverged", ("random", 4): "failed"}
    plan = Plan(THREE, {"random": 0.01, "adversarial": -0.3}, seeds=6, states=states)
    out = plant(tmp_path_factory.mktemp("planted") / "study", plan)
    results = json.loads((out / "results.json").read_text())
    (out / "results.json").write_text(
        json.dumps({**results, "outcome": outcome(list(THREE)), "command": "ravine compare x"})
    )
    return out


@pytest.fixture(scope="session")
def written(study: Path, tmp_path_factory: pytest.TempPathFactory) -> page.Written:
    """The report on the planted study."""
    return page.write([study], tmp_path_factory.mktemp("page") / "report.html")


@pytest.fixture(scope="session")
def html(written: page.Written) -> str:
    """The page's text."""
    return written.page.read_text()
