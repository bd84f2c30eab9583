"""Everything that the registries hold, at sizes small enough for a test."""

from typing import Any

from pydantic import ValidationError

from ravine.batch import Shape
from ravine.config.schema import ENERGIES, TASKS
from ravine.energies.base import EnergyConfig
from ravine.tasks.base import Task, TaskConfig

SIZES = (3, 4)
BOARDS = (Shape((3, 3, 3), (3, 3, 3)), Shape((4, 4, 4), (4, 4, 4)))
"""Problems and answers on a grid, whichever tasks there are."""
QUICK: dict[str, dict[str, Any]] = {
    "mlp": {"width": 16, "embedding_width": 8},
    "products": {"channels": 5, "layers": 3, "readout": 2, "embedding_width": 8},
    "matrix": {"channels": 5, "layers": 2, "products": 3, "verifiers": 2},
    "transformer": {"width": 8, "heads": 2},
    "seen-cells": {"rounds": 3, "least_rounds": 2, "units": 8},
    "board": {"channels": 5, "blocks": 2, "embedding_width": 8},
    "mlp-denoiser": {"width": 16, "embedding_width": 8},
    "board-denoiser": {"channels": 5, "blocks": 2, "embedding_width": 8, "heads": 2, "head_width": 4},
    "plain-plan": {"hidden": 4, "embedding_width": 8},
    "simulator": {"channels": 4, "hidden": 6, "rounds": 2},
    "relational-simulator": {"channels": 4, "hidden": 6, "rounds": 2},
    "relational-plan": {"hidden": 3, "blocks": 2, "embedding_width": 8},
}
"""Sizes of energies whose own are too large for a test; of others the defaults are tried."""
QUICK_PLANS: dict[str, Any] = {"n": 10, "n_harder": 11, "steps": 6, "distances": [2, 4], "distances_harder": [2, 5]}
QUICK_TASKS = {f"shortest-path{form}": QUICK_PLANS for form in ("", "-1d", "-10-1d", "-15-1d")}
"""The same of tasks that there are at none of `SIZES`."""


def task_configs(name: str) -> list[TaskConfig]:
    """Return a shipped task's configuration at two values of `n`, or as it is where it has none."""
    made: list[TaskConfig] = []
    for n in SIZES if "n" in TASKS.shipped[name].model_fields else ():
        try:
            made.append(TASKS.shipped[name].model_validate({"name": name, "n": n}))
        except ValidationError:  # not a size of this task's
            continue
    return made or [TASKS.shipped[name].model_validate({"name": name, **QUICK_TASKS.get(name, {})})]


def tasks() -> dict[str, Task]:
    """Return every shipped task at its small sizes."""
    configs = [(f"{name} {index}", config) for name in TASKS.shipped for index, config in enumerate(task_configs(name))]
    return {name: config.build() for name, config in configs}


def shapes() -> list[Shape]:
    """Return what energies may be asked to fit."""
    return list(dict.fromkeys([task.shape for task in tasks().values()] + list(BOARDS)))


def energy_config(name: str, **options: Any) -> EnergyConfig:
    """Return a shipped energy's configuration at a quick size, with other `options`."""
    return ENERGIES.shipped[name].model_validate({**QUICK.get(name, {}), **options})
