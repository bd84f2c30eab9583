"""Prints how far compiled steps lie from eager ones, as JSON; a program, since type checkers of tests do not compile.

    python -m tests.training.engines_agree BACKEND [field=value ...]

`loss` and `gradient`: relative differences, the gradient's in the Euclidean norm over all weights. `rollbacks`: where
a run of each engine went back to, whose weights break after its 5th step; `after`: the largest relative difference of
the losses that they log; `together`: of the losses of six steps of two seeds as one program, which are recorded on a
GPU, from those of each seed alone.
"""

import json
import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from tests.training.conftest import tiny
from torch import Tensor

from ravine import build
from ravine.training.callbacks import Callbacks
from ravine.training.engines.base import Engine
from ravine.training.engines.captured import CapturedCompiled
from ravine.training.engines.choice import Chosen
from ravine.training.engines.compiled import Compiled
from ravine.training.engines.eager import Eager
from ravine.training.together import Together


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


def rolled_back(engine: Engine, words: Sequence[str]) -> tuple[list[int], Tensor]:
    """Return the steps that a run by an engine went back to, and the losses that it logged, before and after."""
    short = ("training.steps=6", "training.checkpoint_every=3", "training.validate_every=0", "training.log_every=1")
    with TemporaryDirectory() as folder:
        trainer = build.trainer(tiny(*words, *short, "training.rollback={times=1}"), Path(folder) / "run")
        trainer.directory.claim(trainer.config)
        trainer.engine = Chosen(engine, "asked for")
        trainer.stepper = replace(trainer.stepper, objective=engine.prepared(trainer.stepper.objective))

        def spoil(step: int) -> None:
            if step == 5 and not trainer.state.rollbacks:
                next(trainer.state.energy.parameters()).data[0, 0] = math.nan

        trainer.callbacks = Callbacks(on_step=spoil)
        assert trainer.run() == "finished"
        losses = [row["loss"] for row in trainer.directory.rows() if "loss" in row]
    return [entry["to"] for entry in trainer.state.rollbacks], torch.tensor(losses)


def together(engine: Engine, words: Sequence[str]) -> float:
    """Return how far the losses of two seeds, taken together by an engine, lie from those that each has alone."""
    with TemporaryDirectory() as folder:
        alone, some = ([build.trainer(tiny(*words, f"seed={seed}"), Path(folder)) for seed in (0, 1)] for _ in "ab")
    for trainer in some:
        trainer.engine = Chosen(engine, "asked for")
        trainer.stepper = replace(trainer.stepper, objective=engine.prepared(trainer.stepper.objective))
    program, away = Together(), list[float]()
    for _ in range(6):
        stepped = program.step(some)
        for trainer, other in zip(alone, some, strict=True):
            found, expected = stepped[id(other)], trainer.step().parts[0].total.detach()
            if isinstance(found, Exception):
                raise found
            away.append(float((found.parts[0].total.detach() - expected).abs() / expected))
    if program.apart:
        raise RuntimeError("taken one by one")
    return max(away)


def main(backend: str, *words: str) -> None:
    """Print the differences."""
    loss, gradient = loss_and_gradient(Eager(), words)
    other, compiled = loss_and_gradient(Compiled(backend), words)
    (to, losses), (other_to, other_losses) = rolled_back(Eager(), words), rolled_back(Compiled(backend), words)
    away = {
        "loss": float((other - loss).abs() / loss),
        "gradient": float((compiled - gradient).norm() / gradient.norm()),
        "rollbacks": [to, other_to],
        "after": float(((other_losses - losses) / losses).abs().max()),
        "together": together(CapturedCompiled() if "compute.device=cuda" in words else Compiled(backend), words),
    }
    print(json.dumps(away))


if __name__ == "__main__":
    main(*sys.argv[1:])
