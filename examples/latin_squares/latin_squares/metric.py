"""A metric for every task of one-hot cells on a square: how evenly values are spread, decoded or not."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.errors import ConfigurationError
from ravine.tasks.base import Task
from ravine.tasks.metrics.base import Metric


@dataclass(frozen=True)
class Imbalance(Metric):
    """The mean squared distance of every value's count from 1, over rows, columns and cells."""

    name = "imbalance"
    label = "imbalance"
    better = "lower"
    scale = "ratio"
    target = 0.0

    def values(self, batch: Batch, answer: Float[Tensor, "b n n n"]) -> Float[Tensor, " b"]:
        """Return the imbalance of each problem's answer; given cells are as the problem has them."""
        chosen = (batch.hold(answer) + 1) / 2
        return torch.stack([(chosen.sum(axis) - 1).square().mean((1, 2)) for axis in (1, 2, 3)]).mean(0)


def imbalance(task: Task) -> Imbalance:
    """Return the metric of a task's answers: the package's entry point."""
    if len(task.y_shape) != 3:
        raise ConfigurationError(f"evaluation.metrics: imbalance needs squares of cells, not {task.y_shape}")
    return Imbalance()
