"""The contract of a task: what is to be solved, on which splits, where answers live, and how they are checked."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, TypeVar, runtime_checkable

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ravine.batch import Batch, Shape
from ravine.errors import InputError
from ravine.section import Section
from ravine.seeding import Seeds
from ravine.tasks.answers import AnswerSpace, Reals
from ravine.tasks.baselines import Baseline
from ravine.tasks.files import ProblemFiles
from ravine.tasks.metrics.base import Metric
from ravine.tasks.metrics.mse import MeanSquaredError
from ravine.tasks.metrics.solved import Solved

BLOCK = 1000
"""Fixed problems are made in blocks of so many, each from a generator of its own."""
Purpose = Literal["test", "validation", "fit"]
T = TypeVar("T")


@runtime_checkable
class Conditioned(Protocol):
    """A task whose problems are the harder the larger their condition number."""

    def condition_number(self, x: Tensor) -> Tensor:
        """Return each problem's condition number, (b,)."""
        ...


@dataclass(frozen=True)
class Strata:
    """What makes problems hard, each one's value, (b,), called `label`, and the `edges` of its bands, rising."""

    label: str
    values: Tensor
    edges: tuple[float, ...]


@runtime_checkable
class Stratified(Protocol):
    """A task whose scores are told by bands of its problems."""

    def strata(self, batch: Batch) -> Strata:
        """Return what the problems are told apart by; `batch.y` may be read."""
        ...


class TaskConfig(Section, ABC):
    """The configuration of a task, beside it in its file; its `name` is the literal by which it is chosen.

    The docstring's first sentence says problem -> answer. `ravine list` shows it with `metrics` and `splits`, by name
    as the task has them, and `best_rule`, the trivial baseline that is best by the first metric on the first split; of
    a class with several names one for each. It reads them off the sources: they are literals.
    """

    metrics: ClassVar[tuple[str, ...]] = ("mse", "solved")
    splits: ClassVar[tuple[str, ...]] = ("same", "harder")
    best_rule: ClassVar[str | Mapping[str, str]] = ""

    name: str

    @abstractmethod
    def build(self) -> "Task":
        """Return the task."""


class Task(ABC):
    """Problems with right answers, in one vectorised call, on the generator's device.

    `space`: where answers live; `bound`: entries of training answers and mined points lie within +-bound;
    `solve_bound`: the wider one used to solve, so that harder answers are in reach; `splits`: the training distribution
    first; `further_splits`: scored only where they are named; `verifiable`: whether an answer can be checked without
    knowing the right one; `degree`: the answer to c x is c^degree times that to x for c > 0, None where it is not.
    `items`: how many problems training draws from, where they are finitely many and their batches say their `origin`;
    `x_shape`, `y_shape`: of one training problem and its answer; other splits may differ in shape. `block`: how many
    fixed problems are made by one generator.
    """

    name: str
    x_shape: tuple[int, ...]
    y_shape: tuple[int, ...]
    bound: float
    solve_bound: float
    space: AnswerSpace = Reals()
    splits: tuple[str, ...] = ("same", "harder")
    further_splits: tuple[str, ...] = ()
    verifiable: bool = True
    degree: int | None = None
    items: int | None = None
    block: int = BLOCK
    further_metrics: tuple[Metric, ...] = ()

    @abstractmethod
    def sample(
        self, size: int, generator: torch.Generator, split: str = "same", dtype: torch.dtype = torch.float32
    ) -> Batch:
        """Return `size` problems of `split` with their answers; those of the first split are what training sees."""

    @abstractmethod
    def solved(self, batch: Batch, answer: Float[Tensor, "b *answer"]) -> Bool[Tensor, " b"]:
        """Return whether each answer is right. A `verifiable` task reads only given entries of `batch.y` to say so."""

    @abstractmethod
    def baselines(self) -> Mapping[str, Baseline]:
        """Return the task's predictors that need no energy, by name."""

    def own_metrics(self) -> tuple[Metric, ...]:
        """Return what the task measures of answers: the one to train and compare by first, `solved` among them."""
        return (MeanSquaredError(), Solved(self.solved))

    def metrics(self) -> tuple[Metric, ...]:
        """Return the task's own metrics and those that were added to them."""
        return (*self.own_metrics(), *self.further_metrics)

    def corrupt(self, batch: Batch, rate: float, generator: torch.Generator) -> Float[Tensor, "b *answer"]:
        """Return wrong answers: right ones with a share `rate` of their free cells redrawn, at least one each.

        A row without a free cell has no wrong answer and stays right.
        """
        return self.space.corrupt(batch.y, batch.given, rate, generator)

    def checks(self, problems: Batch, answer: Float[Tensor, "b *answer"]) -> Mapping[str, Tensor]:
        """Return what can be said of answers without knowing the right ones, by name, each (b,)."""
        return {"solved": self.solved(problems, answer)} if self.verifiable else {}

    def files(self) -> ProblemFiles | None:
        """Return how a user's own problems are read and answers written; None where `ravine solve` has no form."""
        return None

    def fixed(self, split: str, purpose: Purpose, size: int) -> Iterator[Batch]:
        """Yield `size` problems on the CPU in float64, in blocks: a larger set extends a smaller one.

        The seeds have nothing to do with any run's: tests stay the same while seeds vary. A task of finitely many
        problems overrides this, so that test, validation and training problems are disjoint.
        """
        seeds = Seeds(0, ("fixed", self.identity, split, purpose))
        for index, start in enumerate(range(0, size, self.block)):
            block = self.sample(self.block, seeds.child(str(index)).generator(), split, torch.float64)
            yield block.rows(slice(0, min(self.block, size - start)))

    @property
    def shape(self) -> Shape:
        """What an energy for the task is made for."""
        return Shape(self.x_shape, self.y_shape)

    @property
    def identity(self) -> str:
        """The task's name and size, the root of its fixed test sets' seeds."""
        return f"{self.name}/{'x'.join(map(str, self.y_shape))}"

    def at_split(self, table: Mapping[str, T], split: str) -> T:
        """Return what a table has for `split`; an `InputError` names the splits there are."""
        if split not in table:
            raise InputError(f"task {self.name!r} has no split {split!r}; it has {', '.join(table)}")
        return table[split]

    def metric(self, name: str) -> Metric:
        """Return the metric called `name`; an `InputError` names those there are."""
        known = {metric.name: metric for metric in self.metrics()}
        if name not in known:
            raise InputError(f"task {self.name!r} has no metric {name!r}; it has {', '.join(known)}")
        return known[name]


def relative_norm(error: Float[Tensor, "b *shape"], reference: Float[Tensor, "b *shape"]) -> Float[Tensor, " b"]:
    """Return |error| / |reference| in the Euclidean norm over each row's entries, (b,)."""
    ratio: Tensor = error.flatten(1).square().sum(1) / reference.flatten(1).square().sum(1)
    return ratio.sqrt()
