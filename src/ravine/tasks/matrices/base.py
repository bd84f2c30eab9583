"""What matrix tasks share."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Annotated, ClassVar

import torch
from jaxtyping import Bool, Float
from pydantic import Field
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.base import Task, TaskConfig
from ravine.tasks.metrics.base import Metric
from ravine.tasks.metrics.mse import MeanSquaredError
from ravine.tasks.metrics.residual import Residual
from ravine.tasks.metrics.solved import Solved

TOLERANCE = 1e-3
"""The relative residual up to which an answer counts as right."""


class MatrixTaskConfig(TaskConfig, ABC):
    """What the configurations of matrix tasks share."""

    makes: ClassVar[type["MatrixTask"]]
    metrics: ClassVar[tuple[str, ...]] = ("mse", "residual", "solved")

    n: Annotated[int, Field(ge=2, le=200)] = 20
    """Rows and columns of the matrices."""

    def build(self) -> Task:
        """Return the task."""
        return self.makes(self.n)


class MatrixTask(Task):
    """What matrix tasks share: one number a split, and problems of `inputs` n x n matrices with answers of n x n.

    A task of other problems or answers says so by `shapes`.
    """

    difficulty: Mapping[str, float]
    inputs: int = 1

    def __init__(self, n: int) -> None:
        self.n = n
        self.x_shape, self.y_shape = self.shapes(n)

    def shapes(self, n: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the shapes of one problem and one answer of size `n`."""
        return (self.inputs, n, n), (n, n)

    def level(self, split: str) -> float:
        """Return the number that makes `split` what it is; an `InputError` names the splits there are."""
        return self.at_split(self.difficulty, split)

    @abstractmethod
    def residual(self, x: Float[Tensor, "b *problem"], prediction: Float[Tensor, "b *answer"]) -> Float[Tensor, " b"]:
        """Return by how much each prediction breaks what its problem states, relative, (b,)."""

    def solved(self, batch: Batch, answer: Float[Tensor, "b *answer"]) -> Bool[Tensor, " b"]:
        """Return whether the relative residual is at most `TOLERANCE`."""
        return self.residual(batch.x, answer) <= TOLERANCE

    def own_metrics(self) -> tuple[Metric, ...]:
        """Return the mean squared error, the residual, and the share of residuals within `TOLERANCE`."""
        return (MeanSquaredError(), Residual(self.residual), Solved(self.solved))

    def checks(self, problems: Batch, answer: Float[Tensor, "b *answer"]) -> Mapping[str, Tensor]:
        """Return the residual, and whether it is within `TOLERANCE`."""
        return {"residual": self.residual(problems.x, answer), **super().checks(problems, answer)}


def uniform(shape: tuple[int, ...], generator: torch.Generator, dtype: torch.dtype) -> Tensor:
    """Return U(0, 1) numbers of `shape` on the generator's device."""
    return torch.rand(shape, generator=generator, device=generator.device, dtype=dtype)


def signed(shape: tuple[int, ...], generator: torch.Generator, dtype: torch.dtype) -> Tensor:
    """Return U(-1, 1) numbers of `shape` on the generator's device."""
    return uniform(shape, generator, dtype) * 2 - 1


def normal(shape: tuple[int, ...], generator: torch.Generator, dtype: torch.dtype) -> Tensor:
    """Return N(0, 1) numbers of `shape` on the generator's device."""
    return torch.randn(shape, generator=generator, device=generator.device, dtype=dtype)
