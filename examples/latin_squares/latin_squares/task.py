"""A task of several sizes: fill a square so that every row and every column holds every value once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import torch
from jaxtyping import Bool, Float
from pydantic import Field
from torch import Tensor

from ravine.batch import Batch, per_problem
from ravine.tasks.answers import OneHot, one_hot
from ravine.tasks.base import Task, TaskConfig
from ravine.tasks.baselines import Baseline, Predictor, Zero
from ravine.tasks.metrics.base import Metric
from ravine.tasks.metrics.solved import Solved


@dataclass(frozen=True)
class Lines(Metric):
    """The share of a square's rows and columns that hold every value."""

    space = OneHot()
    name = "lines"
    label = "whole lines"
    better = "higher"
    scale = "points"
    target = 1.0

    def values(self, batch: Batch, answer: Float[Tensor, "b n n n"]) -> Float[Tensor, " b"]:
        """Return the share of whole lines of each decoded answer; given cells are as the problem has them."""
        return whole_lines(self.space.decode(batch.hold(answer))).to(answer.dtype).mean((1, 2))


class Elimination:
    """Every value that neither the cell's row nor its column has: a rule of the task's, and therefore not trivial."""

    trivial = False

    def fit(self, batches: Iterator[Batch]) -> Predictor:
        """Return the predictor; it needs no `batches`."""
        return self.predict

    def predict(self, problems: Batch) -> Float[Tensor, "b n n n"]:
        """Return 1 for possible values, -1 for others; the first possible one is what is read."""
        there = problems.x > 0
        gone = there.any(1, keepdim=True) | there.any(2, keepdim=True)
        return problems.hold(torch.where(gone, -1.0, 1.0).to(problems.y))


class Latin(Task):
    """Squares of n x n cells, `given` of them known; of split `harder` the squares are one row and column larger.

    x and y are one-hot cells, (n, n, n): x is -1 throughout in a cell that is not given. A square may have several
    right completions, all of which verify.
    """

    name = "latin"
    bound = solve_bound = 1.0
    space = OneHot()
    splits = ("same", "harder")

    def __init__(self, n: int, given: float) -> None:
        self.n, self.given = n, given
        self.x_shape = self.y_shape = (n, n, n)

    @property
    def identity(self) -> str:
        """What the fixed problems hang on: another share of given cells makes other ones."""
        return f"{self.name}/{self.n}/{self.given:g}"

    def sample(
        self, size: int, generator: torch.Generator, split: str = "same", dtype: torch.dtype = torch.float32
    ) -> Batch:
        """Return squares with rows, columns and values in random order, and as many given cells as `given` says."""
        n, device = {"same": self.n, "harder": self.n + 1}[split], generator.device
        rows, columns, values = (torch.rand((size, n), generator=generator, device=device).argsort(1) for _ in range(3))
        cells = (rows[:, :, None] + columns[:, None, :]) % n
        y = one_hot(values.gather(1, cells.flatten(1)).reshape(cells.shape), n).to(dtype)
        order = torch.rand((size, n * n), generator=generator, device=device).argsort(1)
        known = (order < round(self.given * n * n)).reshape(size, n, n, 1).expand(y.shape)
        return Batch(torch.where(known, y, -1.0), y, known)

    def solved(self, batch: Batch, answer: Float[Tensor, "b n n n"]) -> Bool[Tensor, " b"]:
        """Return whether every line is whole and every given cell kept, read from the problem alone."""
        decoded = self.space.decode(answer)
        kept = ((batch.x < 0) | (decoded > 0)).flatten(1).all(1)
        return whole_lines(decoded).flatten(1).all(1) & kept

    def corrupt(self, batch: Batch, rate: float, generator: torch.Generator) -> Float[Tensor, "b n n n"]:
        """Return squares with free cells redrawn: one alone, which breaks its row, where many made a right one."""
        many, one = (self.space.corrupt(batch.y, batch.given, each, generator) for each in (rate, 0.0))
        return torch.where(per_problem(self.solved(batch, many), many), one, many)

    def own_metrics(self) -> tuple[Metric, ...]:
        """Return whole lines and squares solved."""
        return (Lines(), Solved(self.solved))

    def baselines(self) -> Mapping[str, Baseline]:
        """Return predictors for squares of any size."""
        return {"zero": Zero(), "elimination": Elimination()}


class LatinConfig(TaskConfig):
    """Latin squares."""

    name: Literal["latin"] = "latin"
    n: Annotated[int, Field(ge=2)] = 4
    """Rows, columns and values."""
    given: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """Share of the cells that are given."""

    def build(self) -> Latin:
        """Return the task."""
        return Latin(self.n, self.given)


def latin(**options: Any) -> Latin:
    """Return the task with `options`, the fields of its configuration: the package's entry point."""
    return LatinConfig(**options).build()


def whole_lines(decoded: Float[Tensor, "b n n n"]) -> Bool[Tensor, "b two n"]:
    """Return which rows and columns hold every value."""
    cells = decoded > 0
    return torch.stack([cells.any(2).all(2), cells.any(1).all(2)], 1)
