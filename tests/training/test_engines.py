"""Engines agree with the eager one, are chosen by what is known beforehand, and fall back with one line."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest
import torch
from tests.training.conftest import tiny

import ravine
from ravine import build
from ravine.config import RunConfig
from ravine.energies.base import Energy
from ravine.energies.mlp import MLP
from ravine.training.directory import RunDirectory, identity, read_json
from ravine.training.engines.choice import WORTHWHILE, Chosen, chosen, cpp_compiler
from ravine.training.engines.compiled import Program

ROOT = Path(__file__).parents[2]
CPU = torch.device("cpu")


def test_a_traced_step_is_the_eager_step_and_a_run_goes_back_with_it() -> None:
    """What PyTorch's compiler is given; what it makes of that: `python -m tests.training.engines_agree inductor`."""
    command = [sys.executable, "-m", "tests.training.engines_agree", "aot_eager", "mining.arm=none"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert "runs eagerly" not in done.stderr
    away = json.loads(done.stdout)
    assert away["loss"] < 1e-5
    assert away["gradient"] < 1e-5
    assert away["rollbacks"] == [[3], [3]]
    assert away["after"] < 1e-4  # after six steps of Adam
    assert away["together"] < 1e-4


def test_what_cannot_be_compiled_runs_eagerly_and_says_so() -> None:
    def broken(*arguments: Any) -> NoReturn:
        raise RuntimeError("no such machine")

    def double(x: torch.Tensor) -> torch.Tensor:
        return 2 * x

    method, x = Program(double, broken), torch.arange(3.0)
    with pytest.warns(UserWarning, match=r"compute\.engine: \S+double runs eagerly, .*no such machine"):
        assert torch.equal(method(x), 2 * x)
    assert method.call is double


def pick(config: RunConfig, problems: int = WORTHWHILE, device: torch.device = CPU) -> Chosen:
    task = build.task(config)
    return chosen(config.compute.engine, build.energy(config, task), device, problems)


@pytest.mark.skipif(cpp_compiler() is None, reason="no C++ compiler on this machine")
def test_auto_compiles_long_trainings_that_gain_by_it() -> None:
    assert pick(tiny()).engine.name == "compiled"
    assert pick(tiny(), WORTHWHILE - 1).told() == {
        "engine": "eager",
        "engine_why": "auto: 9,999,999 problems are too few to compile for",
    }
    gpu = torch.device("cuda")
    assert pick(tiny(), device=gpu).engine.name == "captured-compiled"
    assert pick(tiny(), 1, gpu).why == "auto: a GPU; 1 problems are too few to compile for"
    assert pick(tiny("energy={name='matrix'}")).engine.name == "eager"


def test_no_compiler_no_compiling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    assert "no C++ compiler" in pick(tiny()).why


class ByAutograd(MLP):
    """An energy that leaves its gradient to autograd."""

    energy_and_gradient = Energy.energy_and_gradient


def test_an_energy_whose_gradient_is_autograds_is_not_compiled() -> None:
    energy = ByAutograd((1, 3, 3), (3, 3), 4, torch.Generator().manual_seed(0), width=8, embedding_width=8)
    picked = chosen("compiled", energy, CPU, 1)
    assert picked.engine.name == "eager"
    assert "no gradient in closed form" in picked.why


def test_a_run_records_its_engine_which_is_no_part_of_what_it_is(tmp_path: Path) -> None:
    ravine.train(tiny("training.steps=1", "training.validate_every=0", "evaluation.problems=2"), tmp_path / "run")
    attempt = read_json(RunDirectory(tmp_path / "run").environment)["attempts"][0]["environment"]
    assert attempt["engine"] == "eager"
    dumps = [tiny(f"compute.engine={name}").model_dump(mode="json") for name in ("auto", "compiled")]
    assert identity(dumps[0]) == identity(dumps[1])
