"""Faults of resuming, seeds, data and scores, and of whole runs."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ravine import build
from ravine.batch import Batch
from ravine.build import parts as building
from ravine.build import training
from ravine.doctor.faults.planted import Method, Replacement, everywhere, fault
from ravine.seeding import Seeds
from ravine.solver import Solver
from ravine.tasks.answers import Reals
from ravine.tasks.base import Task
from ravine.tasks.metrics.base import Metric
from ravine.tasks.metrics.cells import UnknownCells
from ravine.training.learning_rate import LearningRate
from ravine.training.state import TrainingState

POOL = 300
"""Problems in such a file."""


@fault("D515")
def seed_reused() -> list[Replacement]:
    """Every seed grows the same generators."""

    def integer(original: Method, self: Seeds) -> Any:
        return original(Seeds(0, self.path))

    return [(Seeds, "integer", integer)]


@fault("D516")
def moments_not_restored() -> list[Replacement]:
    """A resumed optimiser starts with empty moments."""

    def load(original: Method, self: TrainingState, tensors: dict[str, Tensor]) -> None:
        kept = {n: torch.zeros_like(t) if n.startswith("optimizer/exp_avg") else t for n, t in tensors.items()}
        original(self, kept)

    return [(TrainingState, "load", load)]


@fault("D516")
def generators_not_restored() -> list[Replacement]:
    """A resumed training draws the same noise again."""

    def load(original: Method, self: TrainingState, tensors: dict[str, Tensor]) -> None:
        before = {name: generator.get_state() for name, generator in self.generators.items()}
        original(self, tensors)
        for name, generator in self.generators.items():
            generator.set_state(before[name])

    return [(TrainingState, "load", load)]


@fault("D519")
def harder_problems_in_training() -> list[Replacement]:
    """Asking for harder tests changes the training problems too."""

    def sample(
        original: Method, self: Any, size: int, generator: torch.Generator, split: str = "harder", *args: Any, **kw: Any
    ) -> Any:
        return original(self, size, generator, split, *args, **kw)

    return everywhere(Task, "sample", sample)


@fault("D520")
def tests_from_the_runs_seed() -> list[Replacement]:
    """Test sets are drawn from whatever generator was made last: another run, another test set."""
    state = {"root": 0}

    def remembers(original: Method, self: Seeds, *names: str) -> Seeds:
        made: Seeds = original(self, *names)
        if names and names[0] == "weights":
            state["root"] = self.root
        return made

    def generator(original: Method, self: Seeds, device: Any = "cpu") -> Any:
        fixed = bool(self.path) and self.path[0] == "fixed"
        return original(Seeds(state["root"], self.path) if fixed else self, device)

    return [(Seeds, "child", remembers), (Seeds, "generator", generator)]


@fault("D520")
def tests_from_the_training_generator() -> list[Replacement]:
    """Test sets are drawn from the generator of the training problems, which moves on with every draw."""
    held: dict[str, torch.Generator] = {}

    def remembers(original: Method, seeds: Seeds, device: Any) -> dict[str, torch.Generator]:
        made: dict[str, torch.Generator] = original(seeds, device)
        held.update(made)
        return made

    def fixed(original: Method, self: Task, split: str, purpose: str, size: int) -> Iterator[Batch]:
        yield self.sample(size, held["problems"], split, torch.float64)

    return [(training, "streams", remembers), *everywhere(Task, "fixed", fixed)]


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

    return [*everywhere(Task, "sample", sample), *everywhere(Task, "fixed", drawn_too)]


@fault("D521")
def scored_against_the_last_answer() -> list[Replacement]:
    """The last problem's answer is compared with all answers."""

    def values(original: Method, self: Any, batch: Batch, answer: Tensor) -> Any:
        return original(self, replace(batch, y=batch.y[-1:].expand_as(batch.y)), answer)

    return everywhere(Metric, "values", values)


@fault("D315", needs="given")
def given_entries_scored() -> list[Replacement]:
    """The share of right cells counts the given ones."""

    def values(original: Method, self: UnknownCells, batch: Batch, answer: Tensor) -> Any:
        return original(self, Batch(batch.x, batch.y), answer)

    return [(UnknownCells, "values", values)]


@fault("D525", needs="decoded")
def verified_undecoded() -> list[Replacement]:
    """The verifier takes a point for wrong that is not exactly an answer, whatever answer it stands for."""

    def solved(original: Method, self: Task, batch: Batch, answer: Tensor) -> Any:
        exact = (answer == self.space.decode(answer)).flatten(1).all(1)
        return original(self, batch, answer) & exact

    return everywhere(Task, "solved", solved)


@fault("D525", needs="decoded")
def ranked_undecoded() -> list[Replacement]:
    """Starts are ranked by the energies of their points, not of the answers that these stand for."""
    return solvers_changed(lambda solver, task: replace(solver, space=Reals()))


def solvers_changed(change: Callable[[Solver, Task], Solver]) -> list[Replacement]:
    """Return the replacements by which runs are given another solver than configured."""

    def solver(original: Method, config: Any, made_for: Task, *steps: Any) -> Solver:
        return change(original(config, made_for, *steps), made_for)

    return [(module, "solver", solver) for module in (building, build, training)]


@fault("D522")
def solved_within_the_training_bound() -> list[Replacement]:
    """The solver clips answers to the bound of training."""

    return solvers_changed(lambda solver, task: replace(solver, bound=0.5 * task.bound))


@fault("D517")
def learning_rate_explodes() -> list[Replacement]:
    """The learning rate doubles with every step, and training diverges."""

    def at(original: Method, self: LearningRate, step: int) -> float:
        return 0.01 * 1.15**step

    return [(LearningRate, "at", at)]


@fault("D523", overrides=("optimizer.learning_rate=1e-7", "training.steps=100"), logged=True)
def denoising_never_falls() -> list[Replacement]:
    """The configured learning rate is so small that the denoising loss stays where it began."""
    return []


@fault("D518", overrides=("mining.weight=300.0",), logged=True)
def mining_hurts() -> list[Replacement]:
    """A contrastive weight of 300 ruins what the run without mining learns in as many steps."""
    return []


@fault("D105")
def clipping_ignored() -> list[Replacement]:
    """The gradient is never clipped, whatever norm is configured."""
    from ravine.training import step

    def clip(original: Method, energy: Any, limit: float) -> Any:
        return original(energy, 1e9)

    return [(step, "clip_gradients", clip)]
