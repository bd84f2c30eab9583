"""A run's trainer."""

import functools
from pathlib import Path
from typing import Any

import torch

from ravine.build.mining import curriculum, miners
from ravine.build.parts import device, diffusion, energy, solver, task
from ravine.config.schema import RunConfig
from ravine.contrast import CONTRASTS
from ravine.energies.base import Energy
from ravine.evaluation.score import score
from ravine.objective import Objective
from ravine.seeding import Seeds
from ravine.tasks.base import Task
from ravine.tasks.fixed import FixedSplit, fixed_split
from ravine.training.callbacks import Callbacks
from ravine.training.directory import RunDirectory
from ravine.training.ema import AverageRule, averaged_copy
from ravine.training.health import Health
from ravine.training.learning_rate import LearningRate
from ravine.training.loop import Schedule, Trainer, Validate
from ravine.training.sampler import Sampler, start_memories, streams
from ravine.training.state import TrainingState
from ravine.training.step import Stepper


def validation(config: RunConfig, made_for: Task) -> Validate:
    """Return the function that scores the averaged energy on the fixed validation sets."""
    solve, where = solver(config, made_for), device(config)

    @functools.cache
    def splits() -> list[FixedSplit]:
        size = config.training.validation_problems
        return [fixed_split(made_for, name, size, "validation") for name in made_for.splits]

    def validate(state: TrainingState, extra: bool) -> dict[str, float]:
        chosen = splits() if extra else splits()[:1]
        return {split.name: score(made_for, state.average, solve, split, device=where).mse for split in chosen}

    return validate


def optimizer(config: RunConfig, of: Energy[Any]) -> torch.optim.Optimizer:
    """Return fused Adam, whose step can be guarded on the device."""
    rate, betas = config.optimizer.learning_rate, config.optimizer.betas
    return torch.optim.Adam(of.parameters(), lr=rate, betas=betas, fused=True)


def trainer(config: RunConfig, directory: Path, callbacks: Callbacks | None = None) -> Trainer:
    """Return the run's trainer, at step 0."""
    made, where, landscapes = task(config), device(config), diffusion(config)
    model = energy(config, made)
    objective = Objective(model, landscapes, made.bound, CONTRASTS[config.mining.contrast])
    opt = optimizer(config, model)
    seeds, known, training = Seeds(config.seed), miners(config), config.training
    memories = start_memories(known, made, seeds, where)
    state = TrainingState(model, averaged_copy(model), opt, streams(seeds, where), memories)
    health = Health(where, list(known))
    clip, precision = config.optimizer.clip, config.compute.precision
    return Trainer(
        state=state,
        stepper=Stepper(objective, opt, health, training.accumulation, clip, precision),
        sampler=Sampler(made, model, landscapes, known, training.batch),
        curriculum=curriculum(config),
        learning_rate=learning_rate(config),
        average_rule=AverageRule(config.average.decay, config.average.every),
        schedule=Schedule(
            training.steps,
            training.log_every,
            training.validate_every,
            training.validate_extra,
            training.checkpoint_every,
            training.balance_every,
        ),
        directory=RunDirectory(directory),
        config=config.model_dump(mode="json"),
        validate=validation(config, made),
        callbacks=callbacks or Callbacks(),
    )


def learning_rate(config: RunConfig) -> LearningRate:
    """Return the run's learning rate as a function of the step."""
    chosen = config.optimizer
    return LearningRate(chosen.learning_rate, config.training.steps, chosen.warmup, chosen.schedule)
