"""A run's task, energy, landscapes, solver and device."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import torch

from ravine.build.factories import call_factory
from ravine.config.schema import (
    CustomTaskConfig,
    MatrixConfig,
    MatrixTaskConfig,
    MLPConfig,
    ProductsConfig,
    RunConfig,
)
from ravine.descent import Descent
from ravine.diffusion import Diffusion
from ravine.energies.base import Energy
from ravine.energies.matrix import MatrixEnergy
from ravine.energies.mlp import MLP
from ravine.energies.products import MatrixProducts
from ravine.errors import ConfigurationError
from ravine.seeding import Seeds
from ravine.solver import Solver
from ravine.tasks.base import Task
from ravine.tasks.matrix import Addition, Completion, Inverse

MATRIX_TASKS: Mapping[str, Callable[[int], Task]] = MappingProxyType(
    {"inverse": Inverse, "addition": Addition, "completion": Completion}
)


def task(config: RunConfig) -> Task:
    """Return the run's task."""
    if isinstance(config.task, CustomTaskConfig):
        made = call_factory(config.task.factory, config.task.options, "task")
        if not isinstance(made, Task):
            raise ConfigurationError(f"task.factory: {config.task.factory} returned no ravine.Task but {made!r}")
        return made
    assert isinstance(config.task, MatrixTaskConfig)
    return MATRIX_TASKS[config.task.name](config.task.n)


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
    chosen = config.diffusion
    if chosen.schedule == "log-snr":
        return Diffusion.log_snr(chosen.landscapes, chosen.sharpest).to(device(config))
    return Diffusion.cosine(chosen.landscapes).to(device(config))


def energy(config: RunConfig, made_for: Task) -> Energy[Any]:
    """Return the run's energy with its initial weights, which depend on the seed alone, on the run's device."""
    chosen, landscapes = config.energy, config.diffusion.landscapes
    generator = Seeds(config.seed).child("weights").generator()
    made: Energy[Any]
    match chosen:
        case MLPConfig():
            shapes = made_for.x_shape, made_for.y_shape
            made = MLP(*shapes, landscapes, generator, chosen.width, chosen.embedding_width)
        case MatrixConfig():
            signal = diffusion(config).signal.cpu()
            sizes = chosen.model_dump(exclude={"name"})
            made = MatrixEnergy(*matrices_of(made_for, chosen.name), signal, generator, **sizes)
        case ProductsConfig():
            sizes = chosen.model_dump(exclude={"name"})
            made = MatrixProducts(*matrices_of(made_for, chosen.name), landscapes, generator, **sizes)
    return made.to(device(config))


def matrices_of(made_for: Task, energy_name: str) -> tuple[int, int]:
    """Return how many n x n matrices a task's problems are, and n; a `ConfigurationError` if they are none."""
    inputs, n = made_for.x_shape[0], made_for.x_shape[-1]
    if made_for.x_shape != (inputs, n, n) or made_for.y_shape != (n, n):
        raise ConfigurationError(
            f"energy.name: {energy_name} needs n x n matrices, task {made_for.name!r} has none; write mlp"
        )
    return inputs, n


def solver(config: RunConfig, made_for: Task, steps: int | None = None) -> Solver:
    """Return the run's way of inferring answers, with `steps` descent steps per landscape if given."""
    bound = made_for.solve_bound if config.solve.bound is None else config.solve.bound
    count = config.solve.steps if steps is None else steps
    return Solver(diffusion(config), Descent(count, config.solve.step_scale), bound)
