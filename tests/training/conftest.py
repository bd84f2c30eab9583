"""Tiny runs: 3 x 3 inversion, seconds each."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ravine import build
from ravine.config import RunConfig, read_run
from ravine.training.callbacks import Callbacks
from ravine.training.loop import Trainer

TINY = (
    "task.n=3",
    "energy.name=mlp",
    "energy.width=16",
    "energy.embedding_width=8",
    "training.steps=12",
    "training.batch=24",
    "training.log_every=2",
    "training.validate_every=6",
    "training.validation_problems=20",
    "training.checkpoint_every=5",
    "average.every=3",
    "evaluation.problems=30",
    "compute.threads=1",
)

Make = Callable[..., Trainer]


def tiny(*overrides: str) -> RunConfig:
    return read_run("inverse-quick", [*TINY, *overrides])


@pytest.fixture
def trainer(tmp_path: Path) -> Make:
    """Return the function that makes the trainer of a tiny run with overrides, in a directory of its own."""

    def make(*overrides: str, folder: str = "run", callbacks: Callbacks | None = None) -> Trainer:
        config = tiny(*overrides)
        made = build.trainer(config, tmp_path / folder, callbacks)
        made.directory.claim(made.config)
        return made

    return make
