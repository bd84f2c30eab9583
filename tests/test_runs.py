"""One run whose environment or code changes on the way, or that breaks in the user's own code."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ravine import build, read_run, runs
from ravine.config.schema import RunConfig
from ravine.environment import environment
from ravine.errors import ConfigurationError, RunError
from ravine.report.reading.directory import read
from ravine.report.sections.setup import setup
from ravine.report.sections.troubles import troubles
from ravine.training.callbacks import Callbacks

TINY = (
    *("energy.name=mlp", "energy.width=8", "energy.embedding_width=4", "diffusion.landscapes=3", "training.steps=6"),
    *("training.batch=8", "training.log_every=2", "training.validate_every=0", "training.checkpoint_every=2"),
    *("evaluation.problems=20", "compute.threads=1", "compute.device=cpu", "mining.arm=random"),
)
TASK = """from ravine.tasks.matrices.inverse import Inverse
class Own(Inverse):
    calls = 0
    def __init__(self):
        super().__init__(3)
    def sample(self, size, generator, split="same", *given):
        Own.calls += 1
        if Own.calls > {last}:
            raise ValueError("no more\\nproblems")
        return super().sample(size, generator, split, *given)
"""
Write = Callable[[int], RunConfig]


def content(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text())
    return found


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Writes a task of one's own that breaks after so many batches, and returns a run of it."""
    monkeypatch.syspath_prepend(tmp_path / "lib")
    (tmp_path / "lib").mkdir()
    task = "task={name='custom', factory='own_breaking_task:Own'}"

    def write(last: int) -> RunConfig:
        sys.modules.pop("own_breaking_task", None)
        (tmp_path / "lib" / "own_breaking_task.py").write_text(TASK.format(last=last))
        return read_run("inverse-quick", [*TINY, task])

    yield write
    sys.modules.pop("own_breaking_task", None)


def interrupted(config: RunConfig, out: Path, after: int) -> None:
    steps: list[int] = []
    assert runs.train(config, out, callbacks=Callbacks(steps.append, stop=lambda: len(steps) >= after)) == "interrupted"


def test_a_run_records_what_it_was_made_with(own: Write, tmp_path: Path) -> None:
    runs.train(own(99), tmp_path / "run")
    (entry,) = content(tmp_path / "run" / "environment.json")["attempts"]
    assert entry["step"] == 0
    assert {"ravine", "python", "torch", "numpy", "device", "threads", "processor"} <= set(entry["environment"])
    assert entry["environment"]["device"] == "cpu"
    assert "own_breaking_task" in entry["code"]
    assert "moved" not in content(tmp_path / "run" / "status.json")


@pytest.mark.parametrize(("last", "step"), [(0, 0), (3, 3), (6, 6)])
def test_a_foreign_exception_fails_the_run_and_goes_on(own: Write, tmp_path: Path, last: int, step: int) -> None:
    out = tmp_path / "run"
    with pytest.raises(ValueError, match="no more"):
        runs.train(own(last), out)
    status = content(out / "status.json")
    assert (status["state"], status["step"]) == ("failed", step)
    assert status["error"] == "ValueError: no more problems"
    (table,) = troubles(read(out)).tables
    assert "ValueError: no more problems" in table.rows[0]


def test_a_run_mended_before_anything_lasted_goes_on(own: Write, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no more"):
        runs.train(own(1), tmp_path / "run")
    assert runs.train(own(99), tmp_path / "run", resume=True) == "finished"
    assert len(content(tmp_path / "run" / "environment.json")["attempts"]) == 1


def test_a_run_does_not_go_on_with_other_code(own: Write, tmp_path: Path) -> None:
    out = tmp_path / "run"
    interrupted(own(99), out, 3)
    with pytest.raises(RunError, match="own_breaking_task"):
        runs.train(own(98), out, resume=True)
    assert content(out / "status.json")["state"] == "interrupted"
    assert runs.train(own(99), out, resume=True) == "finished"


def test_a_run_that_went_on_under_another_environment_says_so(
    own: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, config = tmp_path / "run", own(99)
    interrupted(config, out, 3)
    here = environment(build.device(config))
    monkeypatch.setattr(
        "ravine.runs.training.environment", lambda device: {**here, "torch": "9.9", "host": "elsewhere"}
    )
    assert runs.train(config, out, resume=True) == "finished"
    (move,) = content(out / "status.json")["moved"]
    assert move == f"torch {here['torch']}, then 9.9 from step 4 on, equal to rounding"
    assert len(content(out / "environment.json")["attempts"]) == 2
    assert any(move in words for words in setup(read(out)).words)


def test_a_task_of_the_script_itself_is_refused_at_once(tmp_path: Path) -> None:
    config = read_run("inverse-quick", [*TINY, "task={name='custom', factory='__main__:task'}"])
    with pytest.raises(ConfigurationError, match=r"task.factory: '__main__:task' .* put it in a module"):
        runs.train(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()
