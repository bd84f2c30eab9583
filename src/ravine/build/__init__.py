"""From configuration to objects: the one place that knows both."""

from ravine.build.mining import curriculum, miners
from ravine.build.parts import device, diffusion, energy, solver, task
from ravine.build.training import trainer

__all__ = ["curriculum", "device", "diffusion", "energy", "miners", "solver", "task", "trainer"]
