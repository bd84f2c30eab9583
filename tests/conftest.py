"""Every test runs with the shapes in the types checked, and none may touch the global random state."""

from collections.abc import Iterator

import pytest
from jaxtyping import config, install_import_hook
from tests.checked import checked

CHECKED = ("batch", "diffusion", "energies", "tasks", "descent", "mining", "objective", "denoise")
SOLVING = ("sampling", "solution", "solver")
install_import_hook(
    [f"ravine.{name}" for name in (*CHECKED, *SOLVING, "training", "evaluation", "seeding")],
    f"{checked.__module__}.{checked.__name__}",
)

import torch  # noqa: E402

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _global_random_state_is_untouched() -> Iterator[None]:
    before = torch.get_rng_state()
    yield
    assert torch.equal(before, torch.get_rng_state()), "something drew from PyTorch's global generator"


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave types unchecked where the same code, checked elsewhere, is run at length for its numbers alone."""
    monkeypatch.setattr(config, "jaxtyping_disable", True)
