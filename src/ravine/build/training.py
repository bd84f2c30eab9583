"""A run's trainer."""

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ravine.build.mining import curriculum, focuses, miners, objective
from ravine.build.parts import device, diffusion, energy, solver, solving, task
from ravine.config.schema import RunConfig
from ravine.energies.base import Energy
from ravine.errors import ConfigurationError
from ravine.evaluation.score import score
from ravine.precision import check
from ravine.seeding import Seeds
from ravine.solver import Solver
from ravine.tasks.base import Task
from ravine.tasks.fixed import FixedSplit, fixed_split
from ravine.tasks.metrics.base import Metric
from ravine.training.callbacks import Callbacks
from ravine.training.directory import RunDirectory
from ravine.training.ema import AverageRule, averaged_copy
from ravine.training.engines.choice import chosen
from ravine.training.health import Health
from ravine.training.learning_rate import LearningRate
from ravine.training.loop import Schedule, Trainer
from ravine.training.optimizer import Adam
from ravine.training.ranks import ALONE, Bystander, Ranks
from ravine.training.rollback import RollbackRule
from ravine.training.sampler import Sampler, start_memories, streams
from ravine.training.state import TrainingState
from ravine.training.step import Stepper


@dataclass(frozen=True)
class FixedValidation:
    """Scores the averaged energy on the fixed validation sets by the task's first metric."""

    task: Task
    solver: Solver
    problems: int
    rounds: int | None
    device: torch.device

    @property
    def metric(self) -> Metric:
        """What is measured."""
        return self.task.metrics()[0]

    @functools.cached_property
    def splits(self) -> list[FixedSplit]:
        """The validation sets, made when first asked for."""
        return [fixed_split(self.task, name, self.problems, "validation") for name in self.task.splits]

    def __call__(self, state: TrainingState, extra: bool) -> dict[str, float]:
        """Return the metric by split."""
        chosen, energy = self.splits if extra else self.splits[:1], solving(self.rounds, state.average)
        scored = [score(self.task, energy, self.solver, split, device=self.device) for split in chosen]
        return {entry.split: entry.metrics[self.metric.name].mean for entry in scored}


def optimizer(config: RunConfig, of: Energy[Any]) -> torch.optim.Optimizer:
    """Return fused Adam, whose step can be guarded on the device; on a GPU its learning rate lies there."""
    rate, betas, where = config.optimizer.learning_rate, config.optimizer.betas, device(config)
    if where.type == "cpu":
        return Adam(of.parameters(), lr=rate, betas=betas, fused=True)
    return Adam(of.parameters(), lr=torch.tensor(rate, device=where), betas=betas, fused=True, capturable=True)


def trainer(config: RunConfig, directory: Path, callbacks: Callbacks | None = None, ranks: Ranks = ALONE) -> Trainer:
    """Return the run's trainer, at step 0; a `ConfigurationError` if `ranks` cannot share its batch."""
    if config.training.batch % (parts := config.training.accumulation * ranks.size):
        raise ConfigurationError(
            f"training.batch: {config.training.batch} problems a step cannot be shared by {ranks.size} processes of "
            f"{config.training.accumulation} parts each; write a multiple of {parts}"
        )
    made, where, landscapes = task(config), device(config), diffusion(config)
    model = energy(config, made)
    check(config.compute.precision, where, "compute.precision")
    loss = objective(config, model, landscapes, made)
    opt = optimizer(config, model)
    seeds, known, training = Seeds(config.seed), miners(config), config.training
    memories = start_memories(known, made, seeds, where)
    state = TrainingState(model, averaged_copy(model), opt, streams(seeds, where), memories)
    health = Health(where, list(known))
    clip, precision = config.optimizer.clip, config.compute.precision
    engine = chosen(config.compute.engine, model, where, training.steps * training.batch, ranks.size)
    return Trainer(
        state=state,
        stepper=Stepper(engine.engine.prepared(loss), opt, health, training.accumulation, clip, precision, ranks),
        sampler=Sampler(
            made, model, landscapes, known, training.batch, solver(config, made), focuses(config), loss.denoise
        ),
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
        directory=RunDirectory(directory) if ranks.first else Bystander(directory),
        config=config.model_dump(mode="json"),
        validate=FixedValidation(made, solver(config, made), training.validation_problems, config.solve.rounds, where),
        callbacks=callbacks or Callbacks(),
        ranks=ranks,
        rollback=RollbackRule(**training.rollback.model_dump()),
        engine=engine,
    )


def learning_rate(config: RunConfig) -> LearningRate:
    """Return the run's learning rate as a function of the step."""
    chosen = config.optimizer
    return LearningRate(chosen.learning_rate, config.training.steps, chosen.warmup, chosen.schedule)
