"""Studies trained in this process, with little measured at their runs' ends and few sections in their reports."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch

from ravine import runs
from ravine.analysis.plan import PlannedRun
from ravine.config.sources import checked_run
from ravine.energies.base import Energy
from ravine.errors import NonFiniteError
from ravine.evaluation import portrait
from ravine.experiments import forecast
from ravine.experiments.executors import coordinator, local
from ravine.report import part
from ravine.report.sections.setup import setup
from ravine.report.sections.table import tables
from ravine.runs import scoring
from ravine.solver import Solver
from ravine.tasks.base import Task
from ravine.tasks.fixed import FixedSplit
from ravine.training.directory import RunDirectory

KEPT: dict[tuple[str, int], dict[Path, bytes]] = {}
"""The files of the runs that were trained whole, by configuration and problems of the portrait."""


class Ended:
    """A process that has come to its end."""

    pid = 1

    def poll(self) -> int:
        return 0


def train_here(alike: Sequence[PlannedRun], slot: object = None) -> Ended:
    """Train runs as `local.start` would have them trained; one of the library's parts alone is trained but once."""
    for run in alike:
        train(run)
    return Ended()


def train(run: PlannedRun) -> None:
    """Train a run, or write the files out again that the same configuration left before."""
    directory, key = RunDirectory(run.path), (run.id, portrait.PROBLEMS)
    new = not directory.status_file.exists() and "custom" not in str(run.config)
    directory.claim(run.config)
    if new and key in KEPT:
        for name, content in KEPT[key].items():
            (run.path / name).write_bytes(content)
        return
    with suppress(NonFiniteError):
        runs.train(checked_run(dict(run.config)), run.path, resume=True)
    if new:
        KEPT[key] = {path.relative_to(run.path): path.read_bytes() for path in run.path.rglob("*") if path.is_file()}


def of_the_first_split(
    task: Task, energy: Energy[Any], solver: Solver, splits: Sequence[FixedSplit], device: torch.device
) -> dict[str, Any]:
    """Return the landscapes of one split, as the portrait of a run would have those of all."""
    return portrait.portrait(task, energy, solver, splits[:1], device)


def make_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make studies and their forecasts cost a fraction until the test ends."""
    monkeypatch.setattr(local, "start", train_here)
    monkeypatch.setattr(coordinator, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(portrait, "PROBLEMS", 2)
    monkeypatch.setattr(scoring, "portrait", of_the_first_split)
    monkeypatch.setattr(forecast, "PROBE_SECONDS", 0.01)
    monkeypatch.setattr(part, "sections", lambda subject, looks: [tables(subject), setup(subject)])
