"""What the page on Python shows works."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import ravine
from ravine import build
from ravine.config import read_run

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md")])
PAGE = (ROOT / "docs/python.md").read_text()
SHIPPED, OWN, STREAMED, WATCHED, COMPILED, TOGETHER = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
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
    space: dict[str, Any] = {}
    exec(OWN.replace("training.steps=200", "training.steps=3"), space)
    exec(STREAMED, space)
    assert float(capsys.readouterr().out) > 0


def test_the_watched_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    space: dict[str, Any] = {}
    exec(WATCHED.replace("training.steps=100", "training.steps=25"), space)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert {"loss", "arms/adversarial/gap", "validation/same"} <= {name for name, _, _ in lines}
    assert {step for _, _, step in lines} == {"25"}


def test_seeds_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(TOGETHER.replace("training.steps=30", "training.steps=3").replace("range(4)", "range(2)"), {})
    assert len(list(Path("out/together").iterdir())) == 2


def test_the_compiled_energy() -> None:
    """In a process of its own: the compiler does not see through the tests' checks of shapes."""
    code = COMPARED.format(code=COMPILED.replace("torch.compile(", "compiled("))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", ["README.md", "docs/models.md"])
def test_boards_on_pages_have_one_solution(tmp_path: Path, page: str) -> None:
    """Reading refuses a board of several solutions."""
    boards = re.findall(r'echo "([\d.]+)"', (ROOT / page).read_text(encoding="utf-8"))
    assert boards
    files = build.task(read_run("sudoku-4")).files()
    assert files is not None
    for board in boards:
        file = tmp_path / "boards.txt"
        file.write_text(board + "\n")
        assert len(files.read(file).batch) == 1


def anchors(page: Path) -> set[str]:
    """Return a page's headings as links name them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = link.partition("#")
        if "://" not in link:
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), link
            assert not anchor or anchor in anchors(target), link


def test_every_page_has_its_place_on_the_site() -> None:
    (index,) = ROOT.glob("docs/index.md")
    blocks = re.findall(r"```{toctree}\n(?::[^\n]*\n)*(.*?)```", index.read_text(), re.DOTALL)
    pages = {page.relative_to(ROOT / "docs").with_suffix("").as_posix() for page in ROOT.glob("docs/**/*.md")}
    notebooks = {f"notebooks/{page.stem}" for page in ROOT.glob("docs/notebooks/*.ipynb")}
    assert pages | notebooks == {"index", *" ".join(blocks).split()}


def test_every_public_name_is_on_the_page_of_names() -> None:
    shown = re.findall(
        r"^\.\. auto(?:class|function):: ravine\.(\w+)(?:\(.*\))?$", (ROOT / "docs/api.md").read_text(), re.MULTILINE
    )
    assert sorted(shown) == sorted(ravine.__all__)
