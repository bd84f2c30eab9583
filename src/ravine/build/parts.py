"""A run's task, energy, landscapes, solver and device."""

from typing import Any

import torch

from ravine.config.energyless import refusal
from ravine.config.schema import ENERGIES, TASKS, RunConfig
from ravine.descent import Descent
from ravine.diffusion import Diffusion
from ravine.energies.base import Energy
from ravine.errors import ConfigurationError
from ravine.listing import METRICS
from ravine.precision import check
from ravine.registry import External, imported
from ravine.seeding import Seeds
from ravine.solver import Solver
from ravine.stopping import UntilSolved
from ravine.tasks.base import Task
from ravine.tasks.metrics.base import Metric


def task(config: RunConfig) -> Task:
    """Return the run's task, with the metrics that the run adds to its own."""
    chosen = config.task
    made = TASKS.made(chosen, "task", Task) if isinstance(chosen, External) else chosen.build()
    made.further_metrics = tuple(metric(name, made) for name in config.evaluation.metrics)
    return made


def metric(name: str, of: Task) -> Metric:
    """Return the metric of a task that an entry point's name or "module:callable" stands for."""
    made = imported(name, "evaluation.metrics", METRICS)(of)
    if not isinstance(made, Metric):
        raise ConfigurationError(f"evaluation.metrics: {name} returned no Metric but {made!r}")
    return made


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
    chosen, generator = config.energy, Seeds(config.seed).child("weights").generator()
    parts = made_for.shape, diffusion(config), generator
    made = ENERGIES.made(chosen, "energy", Energy, *parts) if isinstance(chosen, External) else chosen.build(*parts)
    if not made.has_energy and (why := refusal(config)):
        raise ConfigurationError(why)
    return made.to(device(config))


def has_energy(config: RunConfig, made_for: Task) -> bool:
    """Return whether the run's network has an energy, or predicts the noise alone."""
    chosen = config.energy
    return energy(config, made_for).has_energy if isinstance(chosen, External) else chosen.has_energy


def solving(rounds: int | None, energy: Energy[Any]) -> Energy[Any]:
    """Return an energy as it solves: with as many tied rounds as `solve.rounds` says, if it says so."""
    return energy if rounds is None else energy.with_rounds(rounds)


def solver(config: RunConfig, made_for: Task, steps: int | None = None) -> Solver:
    """Return the run's way of inferring answers, with `steps` descent steps per landscape if given."""
    chosen, landscapes = config.solve, config.diffusion.landscapes
    for name, k in [("rank", chosen.rank), *(("landscapes", k) for k in chosen.landscapes)]:
        if k >= landscapes:
            raise ConfigurationError(f"solve.{name}: there is no landscape {k}, but 0 to {landscapes - 1}")
    if chosen.stop == "solved" and not made_for.verifiable:
        raise ConfigurationError(
            f"solve.stop: task {made_for.name!r} cannot check an answer without knowing the right one; write never"
        )
    check(chosen.precision, device(config), "solve.precision")
    return Solver(
        diffusion(config),
        Descent(chosen.steps if steps is None else steps, chosen.step_scale),
        made_for.solve_bound if chosen.bound is None else chosen.bound,
        made_for.space,
        chosen.renoise,
        chosen.landscapes,
        chosen.rank,
        chosen.rank_rounds,
        chosen.precision,
    )


def answering(config: RunConfig, made_for: Task, steps: int | None = None) -> Solver:
    """Return the run's solver as answers are asked of it: one that stops at right answers where `solve.stop` says so.

    Training, validation and landscapes use `solver`, which stops at nothing.
    """
    made = solver(config, made_for, steps)
    return made if config.solve.stop == "never" else UntilSolved(**vars(made), verifier=made_for.solved)
