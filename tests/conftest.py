"""Every test runs with the shapes in the types checked, and none may touch the global random state."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from beartype import BeartypeConf
from beartype.claw import beartype_packages
from jaxtyping import config, install_import_hook
from tests.checked import checked

SOURCES = Path(__file__).parents[1] / "src"
CHECKED = ("batch", "diffusion", "energies", "tasks", "descent", "mining", "objective", "denoise")
SOLVING = ("sampling", "solution", "solver")


def modules(*names: str) -> Iterator[tuple[str, bool]]:
    """Yield the library's modules of these names and packages, and whether shapes are in their types."""
    for name in names:
        place = SOURCES / "ravine" / name
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]:
            if file.name != "__init__.py":
                yield ".".join(file.relative_to(SOURCES).with_suffix("").parts), "jaxtyping" in file.read_text("utf-8")


PARTS = dict(modules(*CHECKED, *SOLVING, "training", "evaluation", "seeding"))
install_import_hook([name for name, shaped in PARTS.items() if shaped], f"{checked.__module__}.{checked.__name__}")
# Shapes cost ten times as much to check as other types, where there are none too.
beartype_packages([name for name, shaped in PARTS.items() if not shaped], conf=BeartypeConf(claw_is_pep526=False))

import torch  # noqa: E402

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _global_random_state_is_untouched() -> Iterator[None]:
    before = torch.get_rng_state()
    yield
    assert torch.equal(before, torch.get_rng_state()), "something drew from PyTorch's global generator"


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave shapes unchecked where the same code, checked elsewhere, is run at length for its numbers alone."""
    monkeypatch.setattr(config, "jaxtyping_disable", True)
