"""What is built holds everything that the library reads, and says what it is."""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from email import message_from_string
from pathlib import Path
from zipfile import ZipFile

import pytest

from ravine.version import VERSION

ROOT = Path(__file__).parents[1]
BROUGHT = {"markupsafe"}
"""What a declared dependency cannot be without: jinja2's own."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    """The wheel, built from a copy without the network."""
    copy = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE", "MANIFEST.in"):
        shutil.copy(ROOT / name, copy)
    shutil.copytree(ROOT / "src", copy / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    code = "from setuptools.build_meta import build_wheel; build_wheel('dist')"
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=copy, check=True, capture_output=True, text=True)
    (file,) = (copy / "dist").iterdir()
    return ZipFile(file)


def test_every_file_of_the_source_is_in_the_wheel(wheel: ZipFile) -> None:
    """Presets, templates, boards, models: whatever lies beside the code."""
    source = {
        path.relative_to(ROOT / "src").as_posix()
        for path in (ROOT / "src/ravine").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {name for name in wheel.namelist() if name.startswith("ravine/")}
    assert source == packed
    assert {"ravine/py.typed", "ravine/presets/runs/inverse.toml", "ravine/report/templates/page.html"} <= packed


def test_the_metadata_says_what_it_is(wheel: ZipFile) -> None:
    about = f"ravine-{VERSION}.dist-info"
    told = message_from_string(wheel.read(f"{about}/METADATA").decode())
    assert (told["Version"], told["License-Expression"], told["Requires-Python"]) == (VERSION, "MIT", ">=3.11")
    assert wheel.read(f"{about}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()
    assert "ravine = ravine.cli.main:main" in wheel.read(f"{about}/entry_points.txt").decode()


def test_what_is_imported_is_asked_for(wheel: ZipFile) -> None:
    """What only a development tool brings along is not there in a user's environment."""
    told = message_from_string(wheel.read(f"ravine-{VERSION}.dist-info/METADATA").decode())
    asked = {re.split(r"[ >=<;\[]", line)[0] for line in told.get_all("Requires-Dist", []) if "dev" not in line}
    named = {"scikit-learn": "sklearn"}
    known = {named.get(name, name) for name in asked} | {"ravine"} | set(sys.stdlib_module_names)
    assert {name for path in (ROOT / "src").rglob("*.py") for name in imported(path)} <= known | BROUGHT


def imported(path: Path) -> Iterator[str]:
    """Yield the top-level packages that a module imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def test_the_same_people_hold_and_are_cited() -> None:
    assert "The ravine developers" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert 'name: "The ravine developers"' in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"## {VERSION}, " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
