"""What the page on Python shows works."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ravine import build
from ravine.config import read_run

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/python.md").read_text()
SHIPPED, OWN, WATCHED, COMPILED = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
COMPARED = """
import copy, functools, torch
from ravine import Diffusion, Objective, Seeds
from ravine.mining.contrast.softplus import Softplus
from ravine.mining.curriculum import MiningSettings
from ravine.objective import Draw
from ravine.tasks.matrices.inverse import Inverse

graphs = []

def counting(graph, inputs):
    graphs.append(graph)
    return graph.forward

compiled = functools.partial(torch.compile, backend=counting)
{code}
task, diffusion, settings = Inverse(3), Diffusion.cosine(4), MiningSettings((("none", 1.0),), 1.0, 0.0)
batch, eps = task.sample(8, Seeds(0).generator()), torch.randn(8, 3, 3, generator=Seeds(1).generator())

def trained(kind):
    energy = copy.deepcopy(kind(task.x_shape, task.y_shape, 4, Seeds(2).generator(), width=8, embedding_width=8))
    Objective(energy, diffusion, task, Softplus())(Draw(batch, torch.arange(8) % 4, eps), settings).total.backward()
    return torch.cat([p.grad.flatten() for p in energy.parameters() if p.grad is not None])

torch.testing.assert_close(trained(CompiledMLP), trained(MLP))
assert graphs
"""


def test_the_model_that_ships_and_the_run_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(SHIPPED, {})
    assert "torch.Size([3, 20, 20])" in capsys.readouterr().out
    exec(OWN.replace("training.steps=200", "training.steps=3"), {})


def test_the_watched_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    space: dict[str, Any] = {}
    exec(WATCHED.replace("training.steps=100", "training.steps=25"), space)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert {"loss", "arms/adversarial/gap", "validation/same"} <= {name for name, _, _ in lines}
    assert {step for _, _, step in lines} == {"25"}


def test_the_compiled_energy() -> None:
    """In a process of its own: the compiler does not see through the tests' checks of shapes."""
    code = COMPARED.format(code=COMPILED.replace("torch.compile(", "compiled("))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", ["README.md", "docs/models.md"])
def test_boards_on_pages_have_one_solution(tmp_path: Path, page: str) -> None:
    """Reading refuses a board of several solutions."""
    (board,) = re.findall(r'echo "([\d.]+)"', (ROOT / page).read_text(encoding="utf-8"))
    file = tmp_path / "boards.txt"
    file.write_text(board + "\n")
    files = build.task(read_run("sudoku-4")).files()
    assert files is not None
    assert len(files.read(file).batch) == 1
