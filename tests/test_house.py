"""What the house promises about itself."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ravine import version

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
PROGRAMS = sorted([*(ROOT / "benchmarks").glob("*.py"), *(ROOT / "examples").glob("*.py")])
GLOBAL_DRAWS = {"rand", "randn", "randint", "randperm", "multinomial", "bernoulli", "normal"}


def calls(path: Path) -> Iterator[ast.Call]:
    yield from (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_draw_names_its_generator(path: Path) -> None:
    if path.parts[-2:] == ("doctor", "randomness.py"):  # it holds the global state that other people's code draws from
        return
    for call in calls(path):
        function = call.func
        if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name):
            continue
        if function.value.id == "torch":
            assert function.attr not in {"manual_seed", "seed", "set_rng_state"}, ast.unparse(call)
            if function.attr in GLOBAL_DRAWS:
                assert "generator" in {keyword.arg for keyword in call.keywords}, ast.unparse(call)
        assert ast.unparse(function) not in {"np.random.seed", "random.seed", "random.random"}, ast.unparse(call)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_nothing_is_swallowed_and_no_nan_is_replaced(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"bare except in line {node.lineno}"
            only_pass = all(isinstance(line, ast.Pass) for line in node.body)
            assert not only_pass, f"exception swallowed in line {node.lineno}"
        if isinstance(node, ast.Attribute):
            assert node.attr != "nan_to_num", f"line {node.lineno}"


@pytest.mark.parametrize("path", [*SOURCES, *PROGRAMS], ids=lambda path: path.stem)
def test_every_text_file_is_utf8_whatever_the_locale(path: Path) -> None:
    for call in calls(path):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        binary = {node.value for node in ast.walk(call) if isinstance(node, ast.Constant)} & {"rb", "wb", "ab"}
        opened = name == "open" and not binary and ast.unparse(call.func) not in {"os.open", "webbrowser.open"}
        if opened or name in {"read_text", "write_text", "loadtxt"}:
            assert "encoding" in {keyword.arg for keyword in call.keywords}, f"line {call.lineno}: {ast.unparse(call)}"


def test_the_step_reads_nothing_back() -> None:
    """Between the draw and the optimiser's step nobody waits for the device."""
    files = ["objective.py", "descent.py", "diffusion.py", "training/step.py", "training/sampler.py"]
    for folder in ("mining", "denoise"):
        files += [str(path.relative_to(ROOT / "src/ravine")) for path in (ROOT / "src/ravine" / folder).rglob("*.py")]
    waits = re.compile(r"\.(item|tolist|cpu|numpy|nonzero)\(|torch\.(nonzero|masked_select)")
    for name in files:
        text = (ROOT / "src/ravine" / name).read_text()
        assert not waits.search(text), name


def test_no_machine_is_named_in_the_project() -> None:
    paths = re.compile(r"/(work|root|home|opt)/\w")
    for path in [*SOURCES, *ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "Makefile", ROOT / ".ci/run"]:
        assert not paths.search(path.read_text()), path


def test_what_is_cited_is_this_version() -> None:
    assert f"\nversion: {version.VERSION}\n" in (ROOT / "CITATION.cff").read_text()
