"""Which code counts as the pipeline's where swallowed exceptions are looked for."""

import importlib.util
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

import ravine
from ravine.doctor.checks.swallowed import watched
from ravine.doctor.libraries import of_library

SWALLOWING = """
def swallow():
    try:
        raise LookupError("nothing there")
    except LookupError:
        return 0
"""


def swallowing(path: Path) -> Callable[[], object]:
    """Return a function that swallows an error, written to and imported from `path`."""
    path.parent.mkdir(parents=True)
    path.write_text(SWALLOWING)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    call: Callable[[], object] = module.swallow
    return call


@pytest.mark.parametrize("folder", ["ravine/.venv/lib/python3/site-packages/tool", "usr/lib/ravine/dist-packages"])
def test_a_library_is_none_of_the_pipelines_whatever_its_path_says(folder: str, tmp_path: Path) -> None:
    assert watched(swallowing(tmp_path / folder / "library.py")) == []


@pytest.mark.parametrize("folder", ["ravine/project", "project", "ravine/.venv/bin"])
def test_a_users_own_code_is_the_pipelines_wherever_it_lies(folder: str, tmp_path: Path) -> None:
    assert watched(swallowing(tmp_path / folder / "miner.py")) == ["LookupError in swallow"]


def test_what_libraries_raise_and_catch_themselves_is_theirs() -> None:
    def draws() -> torch.Tensor:
        with torch.random.fork_rng():
            return torch.rand(3)[torch.tensor([0, 2])].softmax(0)

    assert watched(draws) == []


@pytest.fixture
def _nothing_remembered() -> Iterator[None]:
    of_library.cache_clear()
    yield
    of_library.cache_clear()


@pytest.mark.usefixtures("_nothing_remembered")
def test_code_is_told_apart_by_the_folder_of_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = Path(sysconfig.get_path("purelib")) / "ravine"
    assert not of_library(str(Path(ravine.__file__).parent / "mining/miner.py"))
    assert not of_library("/home/somebody/ravine/miner.py")
    assert of_library(str(Path(torch.__file__).parent / "nn/functional.py"))
    assert of_library(importlib.util.__file__)
    assert of_library(str(installed.with_name("ravine_of_others") / "miner.py"))
    monkeypatch.setattr("ravine.doctor.libraries.OURS", installed)
    assert not of_library(str(installed / "mining/miner.py"))
