"""From configuration to objects: the one place that knows both."""

import importlib
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch

from ravine.config.schema import ArmConfig, CustomTaskConfig, MatrixTaskConfig, RunConfig
from ravine.contrast import CONTRASTS
from ravine.descent import Descent
from ravine.diffusion import Diffusion
from ravine.energies.base import Energy
from ravine.energies.mlp import MLP
from ravine.errors import ConfigurationError
from ravine.evaluation.score import score
from ravine.mining.arms import NAMED_ARMS
from ravine.mining.curriculum import Curriculum, constant
from ravine.mining.miner import Miner
from ravine.mining.propose import Noise
from ravine.mining.refine import Refine
from ravine.mining.select import Only
from ravine.objective import Objective
from ravine.seeding import Seeds
from ravine.solver import Solver
from ravine.tasks.base import Task
from ravine.tasks.fixed import fixed_split
from ravine.tasks.matrix import Addition, Completion, Inverse
from ravine.training.directory import RunDirectory
from ravine.training.ema import AverageRule, averaged_copy
from ravine.training.health import Health
from ravine.training.learning_rate import LearningRate
from ravine.training.loop import Schedule, Trainer, Validate, Watch
from ravine.training.sampler import Sampler, streams
from ravine.training.state import TrainingState
from ravine.training.step import Stepper

MATRIX_TASKS: Mapping[str, Callable[[int], Task]] = MappingProxyType(
    {"inverse": Inverse, "addition": Addition, "completion": Completion}
)


def task(config: RunConfig) -> Task:
    """Return the run's task."""
    if isinstance(config.task, CustomTaskConfig):
        made = import_factory(config.task.factory)(**config.task.options)
        if not isinstance(made, Task):
            raise ConfigurationError(f"task.factory: {config.task.factory} returned no ravine.Task but {made!r}")
        return made
    assert isinstance(config.task, MatrixTaskConfig)
    return MATRIX_TASKS[config.task.name](config.task.n)


def import_factory(path: str) -> Callable[..., object]:
    """Return the callable that "module:name" names; modules in the working directory are found too."""
    module, _, name = path.partition(":")
    if (here := os.getcwd()) not in sys.path:
        sys.path.append(here)
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigurationError(
            f"task.factory: {path!r} cannot be imported ({error}); write module:callable"
        ) from None
    if not callable(found):
        raise ConfigurationError(f"task.factory: {path!r} is not callable")
    return found  # type: ignore[no-any-return]


def device(config: RunConfig) -> torch.device:
    """Return the device to compute on; `auto` is the first GPU if there is one."""
    wanted = config.compute.device
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    if wanted.startswith("cuda") and not torch.cuda.is_available():
        raise ConfigurationError(f"compute.device: {wanted!r} asked for, but PyTorch finds no GPU; use cpu or auto")
    return torch.device(wanted)


def diffusion(config: RunConfig) -> Diffusion:
    """Return the run's annealed landscapes, on its device."""
    return Diffusion.cosine(config.diffusion.landscapes).to(device(config))


def energy(config: RunConfig, made_for: Task) -> Energy[Any]:
    """Return the run's energy with its initial weights, which depend on the seed alone, on the run's device."""
    generator = Seeds(config.seed).child("weights").generator()
    width, embedding = config.energy.width, config.energy.embedding_width
    shapes = made_for.x_shape, made_for.y_shape
    return MLP(*shapes, config.diffusion.landscapes, generator, width, embedding).to(device(config))


def solver(config: RunConfig, made_for: Task, steps: int | None = None) -> Solver:
    """Return the run's way of inferring answers, with `steps` descent steps per landscape if given."""
    bound = made_for.solve_bound if config.solve.bound is None else config.solve.bound
    count = config.solve.steps if steps is None else steps
    return Solver(diffusion(config), Descent(count, config.solve.step_scale), bound)


def miner(config: ArmConfig) -> Miner:
    """Return the miner that a configured arm describes."""
    refine = Refine(config.refine.steps, config.refine.step_scale, config.refine.keep)
    return Miner(Noise(config.propose.scale), refine, Only())


def miners(config: RunConfig) -> dict[str, Miner | None]:
    """Return every arm that the run may use, the shipped ones and its own."""
    return {**NAMED_ARMS, **{name: miner(arm) for name, arm in config.mining.arms.items()}}


def curriculum(config: RunConfig) -> Curriculum:
    """Return the run's mining settings as a function of the step."""
    mining = config.mining
    return constant(mining.arm, mining.weight, mining.temperature, mining.every)


def validation(config: RunConfig, made_for: Task) -> Validate:
    """Return the function that scores the averaged energy on the fixed validation sets."""
    solve, where = solver(config, made_for), device(config)
    splits = [
        fixed_split(made_for, name, config.training.validation_problems, "validation") for name in made_for.splits
    ]

    def validate(state: TrainingState, extra: bool) -> dict[str, float]:
        chosen = splits if extra else splits[:1]
        return {split.name: score(made_for, state.average, solve, split, device=where).mse for split in chosen}

    return validate


def optimizer(config: RunConfig, of: Energy[Any]) -> torch.optim.Optimizer:
    """Return fused Adam, whose step can be guarded on the device."""
    rate, betas = config.optimizer.learning_rate, config.optimizer.betas
    return torch.optim.Adam(of.parameters(), lr=rate, betas=betas, fused=True)


def trainer(config: RunConfig, directory: Path, watch: Watch | None = None) -> Trainer:
    """Return the run's trainer, at step 0."""
    made, where, landscapes = task(config), device(config), diffusion(config)
    model = energy(config, made)
    objective = Objective(model, landscapes, made.bound, CONTRASTS[config.mining.contrast])
    opt = optimizer(config, model)
    state = TrainingState(model, averaged_copy(model), opt, streams(Seeds(config.seed), where))
    known, training = miners(config), config.training
    health = Health(where, list(known))
    clip, precision = config.optimizer.clip, config.compute.precision
    return Trainer(
        state=state,
        stepper=Stepper(objective, opt, health, training.accumulation, clip, precision),
        sampler=Sampler(made, landscapes, known, training.batch, made.bound),
        curriculum=curriculum(config),
        learning_rate=learning_rate(config),
        average_rule=AverageRule(config.average.decay, config.average.every),
        schedule=Schedule(
            training.steps,
            training.log_every,
            training.validate_every,
            training.validate_extra,
            training.checkpoint_every,
        ),
        directory=RunDirectory(directory),
        config=config.model_dump(mode="json"),
        validate=validation(config, made),
        watch=watch or Watch(),
    )


def learning_rate(config: RunConfig) -> LearningRate:
    """Return the run's learning rate as a function of the step."""
    chosen = config.optimizer
    return LearningRate(chosen.learning_rate, config.training.steps, chosen.warmup, chosen.schedule)
