"""The contract of a task: what is to be solved, on which splits, within which bounds, and how answers are scored."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.baselines import Baseline


@runtime_checkable
class Corruptible(Protocol):
    """A task that can turn right answers into wrong ones of its own kind."""

    def corrupt(self, y: Tensor, rate: float, generator: torch.Generator) -> Tensor:
        """Return wrong answers, shaped as the right ones `y`; `rate` is the share of entries touched."""
        ...


@runtime_checkable
class Conditioned(Protocol):
    """A task whose problems are the harder the larger their condition number."""

    def condition_number(self, x: Tensor) -> Tensor:
        """Return each problem's condition number, (b,)."""
        ...


@dataclass(frozen=True)
class Scores:
    """How good predictions are, problem by problem, each (b,).

    `mse`: mean squared error over the answer's entries; `residual`: by how much the prediction breaks what the problem
    itself states, relative, computed without the right answer.
    """

    mse: Float[Tensor, " b"]
    residual: Float[Tensor, " b"]


class Task(ABC):
    """Problems made on demand, in one vectorised call, on the generator's device.

    `bound`: entries of training answers and negatives lie within +-bound; `solve_bound`: the wider one used to
    solve, so that harder answers are in reach; `splits`: the training distribution first; `further_splits`: scored only
    where they are named; `degree`: for every c > 0 the answer to c x is c^degree times that to x, None where it is not.
    """

    name: str
    x_shape: tuple[int, ...]
    y_shape: tuple[int, ...]
    bound: float
    solve_bound: float
    splits: tuple[str, ...] = ("same", "harder")
    further_splits: tuple[str, ...] = ()
    degree: int | None = None

    @abstractmethod
    def sample(
        self, size: int, generator: torch.Generator, split: str = "same", dtype: torch.dtype = torch.float32
    ) -> Batch:
        """Return `size` problems of `split` with their answers, x (size, *x_shape) and y (size, *y_shape)."""

    @abstractmethod
    def residual(self, x: Float[Tensor, "b *problem"], prediction: Float[Tensor, "b *answer"]) -> Float[Tensor, " b"]:
        """Return by how much each prediction breaks what its problem states, relative, (b,)."""

    @abstractmethod
    def baselines(self) -> Mapping[str, Baseline]:
        """Return the task's predictors that need no energy, by name."""

    @property
    def identity(self) -> str:
        """The task's name and size, the root of its fixed test sets' seeds."""
        return f"{self.name}/{'x'.join(map(str, self.y_shape))}"

    def scores(self, batch: Batch, prediction: Float[Tensor, "b *answer"]) -> Scores:
        """Return the scores of each problem's prediction."""
        mse = (prediction - batch.y).square().flatten(1).mean(1)
        return Scores(mse, self.residual(batch.x, prediction))


def relative_norm(error: Float[Tensor, "b *shape"], reference: Float[Tensor, "b *shape"]) -> Float[Tensor, " b"]:
    """Return |error| / |reference| in the Euclidean norm over each row's entries, (b,)."""
    ratio: Tensor = error.flatten(1).square().sum(1) / reference.flatten(1).square().sum(1)
    return ratio.sqrt()
