"""ravine: energy models that reason, and whether mining negatives for them helps."""

import importlib
from typing import TYPE_CHECKING, Any

from ravine import version

if TYPE_CHECKING:
    from ravine.batch import Batch
    from ravine.config import RunConfig, StudyConfig, read_run, read_study
    from ravine.descent import Descent
    from ravine.diffusion import Diffusion
    from ravine.energies.base import Condition, Energy, EnergyAndGradient
    from ravine.energies.mlp import MLP
    from ravine.energies.released import board_from_released, mlp_from_released, read_released
    from ravine.errors import RavineError
    from ravine.experiments.comparison import compare
    from ravine.mining.miner import Miner
    from ravine.objective import Objective
    from ravine.runs import load, train
    from ravine.seeding import Seeds
    from ravine.solver import Solver
    from ravine.solving import Answers
    from ravine.tasks.base import Task
    from ravine.training.callbacks import Callbacks

__version__ = version.VERSION

# What is public, and where it lives: loaded when first asked for, so that `ravine --help` need not load torch.
PLACES = {
    "Answers": "solving",
    "Batch": "batch",
    "Callbacks": "training.callbacks",
    "Condition": "energies.base",
    "Descent": "descent",
    "Diffusion": "diffusion",
    "Energy": "energies.base",
    "EnergyAndGradient": "energies.base",
    "MLP": "energies.mlp",
    "Miner": "mining.miner",
    "Objective": "objective",
    "RavineError": "errors",
    "RunConfig": "config",
    "Seeds": "seeding",
    "Solver": "solver",
    "StudyConfig": "config",
    "Task": "tasks.base",
    "board_from_released": "energies.released",
    "compare": "experiments.comparison",
    "load": "runs",
    "mlp_from_released": "energies.released",
    "read_released": "energies.released",
    "read_run": "config",
    "read_study": "config",
    "train": "runs",
}

__all__ = [
    "MLP",
    "Answers",
    "Batch",
    "Callbacks",
    "Condition",
    "Descent",
    "Diffusion",
    "Energy",
    "EnergyAndGradient",
    "Miner",
    "Objective",
    "RavineError",
    "RunConfig",
    "Seeds",
    "Solver",
    "StudyConfig",
    "Task",
    "board_from_released",
    "compare",
    "load",
    "mlp_from_released",
    "read_released",
    "read_run",
    "read_study",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in PLACES:
        raise AttributeError(f"module 'ravine' has no attribute {name!r}")
    return getattr(importlib.import_module(f"ravine.{PLACES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
