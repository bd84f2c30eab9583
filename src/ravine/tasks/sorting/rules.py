"""Plans that need no energy: none, the most common first swap, and selection sort, stopped early or not."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import torch
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.baselines import Predictor
from ravine.tasks.sorting.form import Form
from ravine.tasks.sorting.swaps import selection

COUNTED = 10
"""Batches in which first swaps are counted."""


@dataclass(frozen=True)
class FirstRightSwaps:
    """Makes the first `count` swaps of selection sort and then none: exact with as many as a plan has."""

    form: Form
    count: int
    trivial: bool = False

    def fit(self, batches: Iterator[Batch]) -> Predictor:
        """Return the rule as a predictor; it needs no `batches`."""
        return self.predict

    def predict(self, problems: Batch) -> Tensor:
        """Return the plans."""
        values, steps = self.form.values(problems.x), problems.y.shape[1]
        plan = selection(values, steps)
        kept = torch.arange(steps, device=plan.device) < self.count
        return self.form.answer(values, plan * kept[:, None], problems.y.dtype)


@dataclass(frozen=True)
class CommonFirstSwap:
    """Makes the first swap that is most common in training, and no other."""

    form: Form

    trivial = True

    def fit(self, batches: Iterator[Batch]) -> Predictor:
        """Return the predictor of the most common first swap, of equally common ones the least.

        The first batches are enough to count, and plans of relations are large.
        """
        first = torch.cat([self.form.swaps(batch.y)[:, 0] for batch in islice(batches, COUNTED)])
        pairs, counts = torch.unique(first, dim=0, return_counts=True)
        common = pairs[counts.argmax()]

        def predict(problems: Batch) -> Tensor:
            values, steps = self.form.values(problems.x), problems.y.shape[1]
            plan = torch.zeros((len(values), steps, 2), dtype=torch.int64, device=values.device)
            plan[:, 0] = common.to(values.device)
            return self.form.answer(values, plan, problems.y.dtype)

        return predict
