"""What docs/extending.md shows works."""

import re
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import ravine
from ravine import build, registry
from ravine.config import read_run
from ravine.errors import ConfigurationError
from ravine.mining.miner import Miner
from ravine.tasks.matrices.addition import Addition
from ravine.tasks.matrices.base import MatrixTask
from ravine.tasks.matrices.completion import Completion
from ravine.tasks.matrices.inverse import Inverse
from ravine.testing import check_miner

ROOT = Path(__file__).parents[2]
TINY = (
    "task.n=3",
    "energy.name=mlp",
    "energy.width=16",
    "training.steps=4",
    "training.batch=16",
    "training.validate_every=0",
)
FAST = ("training.validation_problems=10", "evaluation.problems=20", "compute.threads=1")


@pytest.fixture(autouse=True)
def _in_the_projects_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "path", [*sys.path, str(ROOT)])


@pytest.mark.parametrize("task", [Inverse(4), Addition(4), Completion(4)], ids=lambda task: task.name)
def test_the_example_conforms(task: MatrixTask) -> None:
    made = build.miners(read_run("examples/own_miner.toml"))["shuffled"]
    assert made is not None
    check_miner(made, task)


def test_the_example_trains_and_its_negatives_are_in_the_metrics(tmp_path: Path) -> None:
    config = read_run("examples/own_miner.toml", [*TINY, *FAST, "training.log_every=1"])
    assert ravine.train(config, tmp_path / "run") == "finished"
    assert '"shuffled": {"share": 1.0' in (tmp_path / "run/metrics.jsonl").read_text()


def test_an_entry_point_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("shuffled", "examples.own_miner:ShuffledEntries", "ravine.propose")
    monkeypatch.setattr(registry, "entry_points", lambda group: [point] if group == point.group else [])
    arm = "mining.arms.mine.propose={kind='custom', factory='%s', options={noise=0.5}}"
    made = build.miners(read_run("inverse-quick", [arm % "shuffled", "mining.arm=mine"]))["mine"]
    assert isinstance(made, Miner)
    assert repr(made.propose) == "ShuffledEntries(noise=0.5)"
    with pytest.raises(ConfigurationError, match=r"mining.arms.mine.propose.factory: no entry point 'shufled'"):
        build.miners(read_run("inverse-quick", [arm % "shufled", "mining.arm=mine"]))


def test_the_files_that_the_page_names_exist() -> None:
    page = (ROOT / "docs/extending.md").read_text()
    for link in re.findall(r"\]\(([^)]+)\)", page):
        assert (ROOT / "docs" / link.partition("#")[0]).exists(), link
    for name in re.findall(r"examples/[\w.]+", page):
        assert (ROOT / name).exists(), name


def test_the_code_on_the_page_runs_and_is_that_of_the_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    package = ROOT / "examples/latin_squares"
    monkeypatch.setattr(sys, "path", [*sys.path, str(package)])
    blocks = re.findall(r"```(\w+)\n(.*?)```", (ROOT / "docs/extending.md").read_text(), re.DOTALL)
    files = [*package.rglob("*.py"), package / "run.toml", ROOT / "examples/own_miner.toml"]
    told = [text for kind, text in blocks if kind in ("python", "toml")]
    *shown, checks = told
    assert len(shown) == 12
    for text in shown:
        assert any(text in file.read_text() for file in files), text
    assert "check_denoise(" in checks
    exec(checks, {})


def test_an_entry_point_that_cannot_be_loaded_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("gone", "examples.own_miner:Gone", "ravine.propose")
    monkeypatch.setattr(registry, "entry_points", lambda group: [point])
    words = ["mining.arms.mine.propose={kind='custom', factory='gone'}", "mining.arm=mine"]
    with pytest.raises(ConfigurationError, match=r"^mining.arms.mine.propose.factory: entry point 'gone' cannot be"):
        build.miners(read_run("inverse-quick", words))
