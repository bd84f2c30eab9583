"""Studies trained in this process, with little measured at their runs' ends and few sections in their reports."""

from contextlib import suppress
from pathlib import Path

import pytest

from ravine import runs
from ravine.analysis.plan import PlannedRun
from ravine.config.sources import checked_run
from ravine.errors import NonFiniteError
from ravine.evaluation import portrait
from ravine.experiments import forecast
from ravine.experiments.executors import coordinator, local
from ravine.report import part
from ravine.report.sections.setup import setup
from ravine.report.sections.table import tables
from ravine.training.directory import RunDirectory

KEPT: dict[tuple[str, int], dict[Path, bytes]] = {}
"""The files of the runs that were trained whole, by configuration and problems of the portrait."""


class Ended:
    """A process that has come to its end."""

    pid = 1

    def poll(self) -> int:
        return 0


def train_here(run: PlannedRun, slot: object = None) -> Ended:
    """Train a run as `local.start` would have it trained; one of the library's parts alone is trained but once."""
    directory, key = RunDirectory(run.path), (run.id, portrait.PROBLEMS)
    new = not directory.status_file.exists() and "custom" not in str(run.config)
    directory.claim(run.config)
    if new and key in KEPT:
        for name, content in KEPT[key].items():
            (run.path / name).write_bytes(content)
        return Ended()
    with suppress(NonFiniteError):
        runs.train(checked_run(dict(run.config)), run.path, resume=True)
    if new:
        KEPT[key] = {path.relative_to(run.path): path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    return Ended()


def make_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make studies and their forecasts cost a fraction until the test ends."""
    monkeypatch.setattr(local, "start", train_here)
    monkeypatch.setattr(coordinator, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(portrait, "PROBLEMS", 2)
    monkeypatch.setattr(forecast, "PROBE_SECONDS", 0.01)
    monkeypatch.setattr(part, "sections", lambda subject, looks: [tables(subject), setup(subject)])
