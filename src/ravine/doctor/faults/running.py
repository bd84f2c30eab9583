"""Faults of resuming, seeds, data and scores, and of whole runs."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from ravine.batch import Batch
from ravine.build import parts as building
from ravine.build import training
from ravine.doctor.faults.planted import Replacement, fault
from ravine.seeding import Seeds
from ravine.solver import Solver
from ravine.tasks import fixed
from ravine.tasks.base import Scores, Task
from ravine.tasks.fixed import Purpose
from ravine.tasks.matrix import Addition, Completion, Inverse
from ravine.training.learning_rate import LearningRate
from ravine.training.state import TrainingState

Method = Callable[..., Any]
TASKS = (Inverse, Addition, Completion)


@fault("D515")
def seed_reused() -> list[Replacement]:
    """Every seed grows the same generators."""

    def make(original: Method) -> Method:
        def integer(self: Seeds) -> int:
            value: int = original(Seeds(0, self.path))
            return value

        return integer

    return [(Seeds, "integer", make)]


@fault("D516")
def moments_not_restored() -> list[Replacement]:
    """A resumed optimiser starts with empty moments."""

    def make(original: Method) -> Method:
        def load(self: TrainingState, tensors: dict[str, Tensor]) -> None:
            kept = {n: torch.zeros_like(t) if n.startswith("optimizer/exp_avg") else t for n, t in tensors.items()}
            original(self, kept)

        return load

    return [(TrainingState, "load", make)]


@fault("D516")
def generators_not_restored() -> list[Replacement]:
    """A resumed training draws the same noise again."""

    def make(original: Method) -> Method:
        def load(self: TrainingState, tensors: dict[str, Tensor]) -> None:
            before = {name: generator.get_state() for name, generator in self.generators.items()}
            original(self, tensors)
            for name, generator in self.generators.items():
                generator.set_state(before[name])

        return load

    return [(TrainingState, "load", make)]


@fault("D519")
def harder_problems_in_training() -> list[Replacement]:
    """Asking for harder tests changes the training problems too."""

    def make(original: Method) -> Method:
        def sample(
            self: Any, size: int, generator: torch.Generator, split: str = "harder", *args: Any, **kw: Any
        ) -> Batch:
            made: Batch = original(self, size, generator, split, *args, **kw)
            return made

        return sample

    return [(kind, "sample", make) for kind in TASKS]


@fault("D520")
def tests_from_the_runs_seed() -> list[Replacement]:
    """Test sets are drawn from whatever generator was made last: another run, another test set."""
    state = {"root": 0}

    def remembers(original: Method) -> Method:
        def child(self: Seeds, *names: str) -> Seeds:
            made: Seeds = original(self, *names)
            if names and names[0] == "weights":
                state["root"] = self.root
            return made

        return child

    def make(original: Method) -> Method:
        def generator(self: Seeds, device: Any = "cpu") -> torch.Generator:
            fixed = bool(self.path) and self.path[0] == "fixed"
            made: torch.Generator = original(Seeds(state["root"], self.path) if fixed else self, device)
            return made

        return generator

    return [(Seeds, "child", remembers), (Seeds, "generator", make)]


@fault("D520")
def tests_from_the_training_generator() -> list[Replacement]:
    """Test sets are drawn from the generator of the training problems, which moves on with every draw."""
    held: dict[str, torch.Generator] = {}

    def remembers(original: Method) -> Method:
        def streams(seeds: Seeds, device: Any) -> dict[str, torch.Generator]:
            made: dict[str, torch.Generator] = original(seeds, device)
            held.update(made)
            return made

        return streams

    def make(original: Method) -> Method:
        def blocks(task: Task, split: str, purpose: Purpose, size: int) -> Iterator[Batch]:
            yield task.sample(size, held["problems"], split, torch.float64)

        return blocks

    return [(training, "streams", remembers), (fixed, "blocks", make)]


@fault("D521")
def scored_against_the_last_answer() -> list[Replacement]:
    """The last answer is compared with the whole batch."""

    def make(original: Method) -> Method:
        def scores(self: Task, batch: Batch, prediction: Tensor) -> Scores:
            last = Batch(batch.x, batch.y[-1:].expand_as(batch.y))
            found: Scores = original(self, last, prediction)
            return found

        return scores

    return [(Task, "scores", make)]


@fault("D522")
def solved_within_the_training_bound() -> list[Replacement]:
    """The solver clips answers to the bound of training."""

    def make(original: Method) -> Method:
        def solver(config: Any, made_for: Task, steps: int | None = None) -> Solver:
            made: Solver = original(config, made_for, steps)
            return Solver(made.diffusion, made.descent, 0.5 * made_for.bound)

        return solver

    from ravine import build

    return [(building, "solver", make), (build, "solver", make)]


@fault("D523")
def one_problem_at_a_time() -> list[Replacement]:
    """Problems are made one by one."""

    def make(original: Method) -> Method:
        def sample(self: Any, size: int, generator: torch.Generator, *args: Any, **kw: Any) -> Batch:
            made = [original(self, 1, generator, *args, **kw) for _ in range(size)]
            return Batch(torch.cat([b.x for b in made]), torch.cat([b.y for b in made]))

        return sample

    return [(kind, "sample", make) for kind in TASKS]


@fault("D517")
def learning_rate_explodes() -> list[Replacement]:
    """The learning rate doubles with every step, and training diverges."""

    def make(original: Method) -> Method:
        def at(self: LearningRate, step: int) -> float:
            return 0.01 * 1.15**step

        return at

    return [(LearningRate, "at", make)]


@fault("D518", overrides=("mining.weight=300.0",), logged=True)
def mining_hurts() -> list[Replacement]:
    """A contrastive weight of 300 ruins what the run without mining learns in as many steps."""
    return []


@fault("D105")
def clipping_ignored() -> list[Replacement]:
    """The gradient is never clipped, whatever norm is configured."""
    from ravine.training import step

    def make(original: Method) -> Method:
        def clip(energy: Any, limit: float) -> Tensor:
            norm: Tensor = original(energy, 1e9)
            return norm

        return clip

    return [(step, "clip_gradients", make)]
