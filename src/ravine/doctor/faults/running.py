"""Faults of resuming, seeds, data and scores, and of whole runs."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ravine import build
from ravine.batch import Batch
from ravine.build import parts as building
from ravine.build import training
from ravine.doctor.faults.planted import Method, Replacement, everywhere, fault, method
from ravine.seeding import Seeds
from ravine.solver import Solver
from ravine.tasks.base import Task
from ravine.training import step
from ravine.training.learning_rate import LearningRate
from ravine.training.state import TrainingState

POOL = 300
"""Problems in such a file."""


@fault("D515", method(Seeds, "integer"))
def seed_reused(original: Method, self: Seeds) -> Any:
    """Every seed grows the same generators."""
    return original(Seeds(0, self.path))


@fault("D516", method(TrainingState, "load"))
def moments_not_restored(original: Method, self: TrainingState, tensors: dict[str, Tensor]) -> None:
    """A resumed optimiser starts with empty moments."""
    kept = {n: torch.zeros_like(t) if n.startswith("optimizer/exp_avg") else t for n, t in tensors.items()}
    original(self, kept)


@fault("D516", method(TrainingState, "load"))
def generators_not_restored(original: Method, self: TrainingState, tensors: dict[str, Tensor]) -> None:
    """A resumed training draws the same noise again."""
    before = {name: generator.get_state() for name, generator in self.generators.items()}
    original(self, tensors)
    for name, generator in self.generators.items():
        generator.set_state(before[name])


@fault("D519", everywhere(Task, "sample"))
def harder_problems_in_training(
    original: Method, self: Any, size: int, generator: torch.Generator, split: str = "harder", *args: Any, **kw: Any
) -> Any:
    """Asking for harder tests changes the training problems too."""
    return original(self, size, generator, split, *args, **kw)


@fault("D520")
def tests_not_held_out() -> list[Replacement]:
    """Training and tests draw from the same few problems, as from a file without a part that is held out."""

    def sample(
        original: Method, self: Any, size: int, generator: torch.Generator, split: str = "same", *dtype: Any
    ) -> Batch:
        device = generator.device
        pool: Batch = original(self, POOL, torch.Generator(device).manual_seed(0), split)
        found = pool.rows(torch.randint(POOL, (size,), generator=generator, device=device))
        return Batch(found.x.to(*dtype), found.y.to(*dtype), found.given) if dtype else found

    def drawn_too(original: Method, self: Task, split: str, purpose: str, size: int) -> Iterator[Batch]:
        yield self.sample(size, Seeds(0, ("fixed", split)).generator(), split, torch.float64)

    return [*everywhere(Task, "sample")(sample), *everywhere(Task, "fixed")(drawn_too)]


SOLVERS = tuple(method(module, "solver") for module in (building, build, training))


@fault("D522", *SOLVERS)
def solved_within_the_training_bound(original: Method, config: Any, task: Task, *steps: Any) -> Solver:
    """The solver clips answers to the bound of training."""
    made: Solver = original(config, task, *steps)
    return replace(made, bound=0.5 * task.bound)


@fault("D517", method(LearningRate, "at"))
def learning_rate_explodes(original: Method, self: LearningRate, step: int) -> float:
    """The learning rate doubles with every step, and training diverges."""
    return 0.01 * 1.15**step


@fault("D523", overrides=("optimizer.learning_rate=1e-7", "training.steps=100"), logged=True)
def denoising_never_falls() -> None:
    """The configured learning rate is so small that the denoising loss stays where it began."""


@fault("D518", overrides=("mining.weight=300.0",), logged=True)
def mining_hurts() -> None:
    """A contrastive weight of 300 ruins what the run without mining learns in as many steps."""


@fault("D105", method(step, "clip_gradients"))
def clipping_ignored(original: Method, energy: Any, limit: float) -> Any:
    """The gradient is never clipped, whatever norm is configured."""
    return original(energy, 1e9)
