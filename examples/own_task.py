"""A task of your own in one file: sorting.

    ravine train examples/own_task.toml --out out/sorting

The task says how problems are made, within which bounds answers lie, and what trivial predictors there are; all else
(energies, mining, training, scoring, studies) is the library's.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from ravine import Batch, Task
from ravine.tasks.baselines import Baseline, LeastSquares, MeanAnswer, Zero


class Sorting(Task):
    """y = sort(x) of n numbers, uniform on (-s, s): s = 1 on `same`, 2 on `harder`."""

    name = "sorting"
    bound = 1.0
    solve_bound = 2.0
    splits = ("same", "harder")
    degree = 1  # sort(c x) = c sort(x): `run.solve` takes numbers of any scale

    def __init__(self, n: int = 8) -> None:
        self.n = n
        self.x_shape = self.y_shape = (n,)

    def sample(
        self, size: int, generator: torch.Generator, split: str = "same", dtype: torch.dtype = torch.float32
    ) -> Batch:
        scale = {"same": 1.0, "harder": 2.0}[split]
        x = torch.rand((size, self.n), generator=generator, device=generator.device, dtype=dtype) * 2 - 1
        return Batch(scale * x, scale * x.sort(dim=1).values)

    def solved(self, batch: Batch, answer: Tensor) -> Tensor:
        """Return whether every number stands within 1e-3 of where it belongs."""
        right = batch.x.sort(dim=1).values
        return (answer - right).abs().amax(1) < 1e-3

    def baselines(self) -> Mapping[str, Baseline]:
        return {"zero": Zero(), "mean": MeanAnswer(), "least squares": LeastSquares()}
