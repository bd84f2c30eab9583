"""The example package as it lies installed: its folder and its entry points on the path, of other processes too."""

import os
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3] / "examples/latin_squares"


@pytest.fixture(scope="session")
def metadata(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with what an installer writes of the package's pyproject.toml."""
    site = tmp_path_factory.mktemp("site")
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    folder = site / "latin_squares-0.1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    lines = []
    for group, points in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {place}" for name, place in points.items())]
    (folder / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return site


@pytest.fixture(autouse=True)
def installed(metadata: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The package can be imported and found by name, here and in processes that start from here."""
    places = [str(PROJECT), str(metadata)]
    monkeypatch.setattr(sys, "path", [*sys.path, *places])
    src = str(Path(__file__).parents[3] / "src")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([src, *places]))
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "latin_squares"]:
        del sys.modules[name]
