"""Studies trained in this process, with little measured at their runs' ends and few sections in their reports."""

import pytest
from tests.cli.test_compare import train_here

from ravine.evaluation import portrait
from ravine.experiments import forecast
from ravine.experiments.executors import coordinator, local
from ravine.report import part
from ravine.report.sections.setup import setup
from ravine.report.sections.table import tables


def make_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make studies and their forecasts cost a fraction until the test ends."""
    monkeypatch.setattr(local, "start", train_here)
    monkeypatch.setattr(coordinator, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(portrait, "PROBLEMS", 2)
    monkeypatch.setattr(forecast, "PROBE_SECONDS", 0.01)
    monkeypatch.setattr(part, "sections", lambda subject, looks: [tables(subject), setup(subject)])
