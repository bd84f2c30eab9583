"""Studies asked for from Python, with runs in processes of their own that break in the user's code."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.test_runs import TINY

import ravine
from ravine import runs
from ravine.analysis.plan import PlannedRun
from ravine.config.sources import checked_run
from ravine.config.study import StudyConfig
from ravine.errors import ConfigurationError, RunError
from ravine.evaluation import baselines
from ravine.experiments.comparison import pick
from ravine.experiments.executors import local
from ravine.report import part
from ravine.report.sections.table import tables
from ravine.report.sections.troubles import troubles
from ravine.tasks.matrices.inverse import Inverse
from ravine.training.directory import RunDirectory, read_json

TASK = """import os
from ravine.tasks.matrices.inverse import Inverse
class Own(Inverse):
    def __init__(self):
        super().__init__(3)
    def sample(self, size, generator, split="same", *given):
        if "RAVINE_QUEUE_PID" in os.environ:
            {how}
        return super().sample(size, generator, split, *given)
"""

MINER = """from ravine.mining.propose.noise import Noise
class Mine(Noise):
    def __init__(self):
        super().__init__(scale={scale})
"""


class Ended:
    """A process that has come to its end."""

    pid = 1

    def poll(self) -> int:
        return 0


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of modules that this process finds by its path alone."""
    monkeypatch.setattr(baselines.baseline_scores, "__defaults__", (500,))
    monkeypatch.setattr(part, "sections", lambda subject, looks: [made(subject) for made in (tables, troubles)])
    folder = tmp_path / "lib"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    yield folder
    sys.modules.pop("own_compared_task", None)


def study(factory: str) -> StudyConfig:
    task = f"task={{name='custom', factory='{factory}'}}"
    return pick(ravine.read_study("pilot", [*TINY, "training.steps=2", task], seeds=1, workers=1), ["none", "random"])


@pytest.mark.parametrize(
    ("how", "told"), [("raise ValueError('odd one')", "ValueError: odd one"), ("os.kill(os.getpid(), 9)", "SIGKILL")]
)
def test_runs_that_break_are_called_failed_and_not_silent(library: Path, tmp_path: Path, how: str, told: str) -> None:
    (library / "own_compared_task.py").write_text(TASK.format(how=how))
    with pytest.raises(RunError, match=told):
        ravine.compare(study("own_compared_task:Own"), tmp_path / "study")
    results = read_json(tmp_path / "study" / "results.json")
    states = {run["state"] for entry in results["arms"].values() for run in entry["runs"]}
    assert states == {"failed"}
    assert told in results["outcome"]["sentence"]
    assert told in (tmp_path / "study" / "report.md").read_text()


def test_more_seeds_of_a_changed_miner_are_refused(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(alike: Sequence[PlannedRun], slot: object) -> Ended:
        (run,) = alike
        RunDirectory(run.path).claim(run.config)
        runs.train(checked_run(dict(run.config)), run.path, resume=True)
        return Ended()

    def compared(scale: float, seeds: int) -> dict[str, Any]:
        sys.modules.pop("own_compared_miner", None)
        (library / "own_compared_miner.py").write_text(MINER.format(scale=scale))
        arm = "mining.arms.mine.propose={kind='custom', factory='own_compared_miner:Mine'}"
        words = [*TINY, "training.steps=2", "task.n=3", arm]
        study = ravine.read_study("pilot", words, seeds=seeds, workers=1)
        outcome = ravine.compare(pick(study, ["none", "mine"]), tmp_path / "study")
        return next(entry for entry in outcome.results["comparisons"] if entry["split"] == "same")

    monkeypatch.setattr(local, "start", start)
    assert compared(1.0, 1)["refused"] is None
    assert compared(1.0, 2)["refused"] is None
    assert "between seeds 0 and 2 of mine: own_compared_miner" in compared(2.0, 3)["refused"]


def test_a_module_found_by_this_process_alone_is_found_by_the_runs(library: Path, tmp_path: Path) -> None:
    (library / "own_compared_task.py").write_text(TASK.format(how="pass"))
    outcome = ravine.compare(study("own_compared_task:Own"), tmp_path / "study")
    assert outcome.unended == []


def test_what_only_this_process_has_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="put it in a module"):
        ravine.compare(study("__main__:task"), tmp_path / "study")
    assert not (tmp_path / "study").exists()


def test_a_module_without_a_file_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = type(sys)("own_fileless")
    vars(made)["task"] = lambda: Inverse(3)
    monkeypatch.setitem(sys.modules, "own_fileless", made)
    with pytest.raises(ConfigurationError, match="own_fileless"):
        ravine.compare(study("own_fileless:task"), tmp_path / "study")
    assert not (tmp_path / "study").exists()
