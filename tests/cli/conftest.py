"""The command line called in this process, and a tiny finished run to use it on."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ravine import runs
from ravine.cli.main import main
from ravine.config import read_run
from ravine.evaluation import baselines
from ravine.report import figures, page

TINY = (
    "task.n=4",
    "energy.name=mlp",
    "energy.width=16",
    "energy.embedding_width=8",
    "diffusion.landscapes=3",
    "training.steps=6",
    "training.batch=16",
    "training.log_every=2",
    "training.validate_every=3",
    "training.checkpoint_every=2",
    "training.validation_problems=20",
    "evaluation.problems=50",
    "compute.threads=1",
    "compute.device=cpu",
)
FIT_PROBLEMS = 2000
"""Problems that baselines are fitted on: enough for a rank of 17."""


@pytest.fixture(scope="session")
def tiny() -> list[str]:
    """The overrides that make a run take a fraction of a second."""
    return list(TINY)


@pytest.fixture
def ravine(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The command line: called with words, it returns status, standard output and standard error."""

    def run(*words: object) -> subprocess.CompletedProcess[str]:
        arguments = ["ravine", *map(str, words)]
        monkeypatch.setattr(sys, "argv", arguments)
        capsys.readouterr()
        status = 0
        try:
            main()
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else int(error.code is not None)
        said = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, status, said.out, said.err)

    return run


@pytest.fixture(autouse=True)
def _quick_baselines_and_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines.baseline_scores, "__defaults__", (FIT_PROBLEMS,))
    monkeypatch.setattr(figures, "DPI", 40)
    monkeypatch.setattr(page, "DPI", 20)


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run on 4 x 4 inversion with every kind of checkpoint; not to be changed."""
    out = tmp_path_factory.mktemp("finished") / "run"
    assert runs.train(read_run("inverse-quick", TINY), out) == "finished"
    return out
