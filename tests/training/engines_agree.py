"""Prints how far compiled steps lie from eager ones, as JSON; a program, since type checkers of tests do not compile.

    python -m tests.training.engines_agree BACKEND [field=value ...]

`loss` and `gradient`: relative differences, the gradient's in the Euclidean norm over all weights.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from tests.training.conftest import tiny
from torch import Tensor

from ravine import build
from ravine.training.engines.base import Engine
from ravine.training.engines.compiled import Compiled
from ravine.training.engines.eager import Eager


def loss_and_gradient(engine: Engine, words: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Return the loss of a run's first step by an engine, and its gradient, flat."""
    with TemporaryDirectory() as folder:
        trainer = build.trainer(tiny(*words), Path(folder))
    settings = trainer.curriculum.settings_at(0)
    draw = trainer.sampler.draw(0, settings, trainer.state.generators, trainer.state.memories)
    with torch.autocast("cpu", torch.bfloat16, enabled=trainer.stepper.precision == "bfloat16"):
        total = engine.prepared(trainer.stepper.objective)(draw, settings).total
    total.backward()
    gradients = [p.grad.flatten() for p in trainer.state.energy.parameters() if p.grad is not None]
    return total.detach(), torch.cat(gradients)


def main(backend: str, *words: str) -> None:
    """Print the differences."""
    loss, gradient = loss_and_gradient(Eager(), words)
    other, compiled = loss_and_gradient(Compiled(backend), words)
    away = {
        "loss": float((other - loss).abs() / loss),
        "gradient": float((compiled - gradient).norm() / gradient.norm()),
    }
    print(json.dumps(away))


if __name__ == "__main__":
    main(*sys.argv[1:])
