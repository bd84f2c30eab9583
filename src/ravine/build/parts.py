"""A run's task, energy, landscapes, solver and device."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import torch

from ravine.build.factories import call_factory
from ravine.config.schema import CustomTaskConfig, MatrixConfig, MatrixTaskConfig, RunConfig
from ravine.descent import Descent
from ravine.diffusion import Diffusion
from ravine.energies.base import Energy
from ravine.energies.matrix import MatrixProducts
from ravine.energies.mlp import MLP
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
    if isinstance(chosen, MatrixConfig):
        inputs, n = made_for.x_shape[0], made_for.x_shape[-1]
        if made_for.x_shape != (inputs, n, n) or made_for.y_shape != (n, n):
            raise ConfigurationError(
                f"energy.name: matrix needs n x n matrices, task {made_for.name!r} has none; write mlp"
            )
        sizes = (chosen.channels, chosen.layers, chosen.readout, chosen.embedding_width)
        return MatrixProducts(inputs, n, landscapes, generator, *sizes).to(device(config))
    shapes = made_for.x_shape, made_for.y_shape
    return MLP(*shapes, landscapes, generator, chosen.width, chosen.embedding_width).to(device(config))


def solver(config: RunConfig, made_for: Task, steps: int | None = None) -> Solver:
    """Return the run's way of inferring answers, with `steps` descent steps per landscape if given."""
    bound = made_for.solve_bound if config.solve.bound is None else config.solve.bound
    count = config.solve.steps if steps is None else steps
    return Solver(diffusion(config), Descent(count, config.solve.step_scale), bound)
