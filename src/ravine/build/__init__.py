"""From configuration to objects: the one place that knows both."""

from ravine.build.code import code
from ravine.build.cost import COUNTS, operations, steps_of_equal_cost, training_cost, with_steps
from ravine.build.mining import curriculum, focuses, miners
from ravine.build.parts import answering, device, diffusion, energy, has_energy, solver, solving, task
from ravine.build.start import start
from ravine.build.tracking import require_trackers, trackers
from ravine.build.training import trainer

__all__ = [
    "COUNTS",
    "answering",
    "code",
    "curriculum",
    "device",
    "diffusion",
    "energy",
    "focuses",
    "has_energy",
    "miners",
    "operations",
    "require_trackers",
    "solver",
    "solving",
    "start",
    "steps_of_equal_cost",
    "task",
    "trackers",
    "trainer",
    "training_cost",
    "with_steps",
]
