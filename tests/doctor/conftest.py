"""A small pipeline of ravine's own, and its configuration."""

from collections.abc import Callable, Iterator

import pytest
import torch

from ravine.config import RunConfig, read_run
from ravine.doctor.own import Own

SMALL = {
    "mlp": (
        "inverse-quick",
        "energy.name=mlp",
        "energy.width=16",
        "energy.embedding_width=8",
        "diffusion.schedule=cosine",
        "optimizer.learning_rate=1e-3",
        "optimizer.schedule=cosine",
        "optimizer.warmup=50",
        "task.n=5",
    ),
    "latin": (
        "inverse-quick",
        "task={name='custom', factory='tests.doctor.latin:Latin'}",
        "energy.name=mlp",
        "energy.width=32",
        "energy.embedding_width=8",
        "optimizer.learning_rate=1e-3",
    ),
    "sudoku": ("sudoku-4", "task.boards=500", "energy.channels=8", "energy.rounds=4"),
    "matrix": ("inverse-quick", "task.n=5", "energy.channels=8", "energy.layers=3", "energy.products=4"),
}
SIZES = ("diffusion.landscapes=8", "compute.device=cpu", "compute.threads=1")

Config = Callable[..., RunConfig]


@pytest.fixture(scope="session")
def config() -> Config:
    """Return the function that makes a small run's configuration: energy, then overrides."""

    def make(energy: str = "mlp", *overrides: str) -> RunConfig:
        preset, *words = SMALL[energy]
        return read_run(preset, [*words, *SIZES, "mining.arm=adversarial", *overrides])

    return make


@pytest.fixture
def own(config: Config) -> Callable[..., Own]:
    """Return the function that makes a small pipeline: energy, then overrides."""
    return lambda energy="mlp", *overrides: Own(config(energy, *overrides))


@pytest.fixture
def apart() -> Iterator[None]:
    """Let other people's code draw from the global generator, and put it back."""
    with torch.random.fork_rng():
        yield
