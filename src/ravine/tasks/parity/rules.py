"""Predictors of parity that need no energy."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.baselines import LeastSquares, Predictor


class Rule(ABC):
    """A rule that needs no training problems."""

    trivial = True

    @abstractmethod
    def predict(self, problems: Batch) -> Float[Tensor, "b one"]:
        """Return the predicted parities."""

    def fit(self, batches: Iterator[Batch]) -> Predictor:
        """Return the rule as a predictor; it needs no `batches`."""
        return self.predict


class Always(Rule):
    """Says odd of every string."""

    def predict(self, problems: Batch) -> Float[Tensor, "b one"]:
        """Return +1 everywhere."""
        return torch.ones_like(problems.y)


class Majority(Rule):
    """Says odd where there are more ones than zeros."""

    def predict(self, problems: Batch) -> Float[Tensor, "b one"]:
        """Return the sign of the bits' sum, of the first bit where they are as many."""
        return torch.sign(problems.x.sum(1, keepdim=True) + problems.x[:, :1] / 2)


class Product(Rule):
    """Multiplies the bits: exact, and no trivial rule."""

    trivial = False

    def predict(self, problems: Batch) -> Float[Tensor, "b one"]:
        """Return -prod_i (-x_i)."""
        return -(-problems.x).prod(1, keepdim=True)


class FirstBitsLeastSquares:
    """Least squares on strings of the training length; of longer ones it reads the first bits alone, of shorter 0."""

    trivial = True

    def fit(self, batches: Iterator[Batch]) -> Predictor:
        """Return the linear predictor with the least squared error over all `batches`."""
        kept = list(batches)
        length = kept[0].x.shape[1]
        predict = LeastSquares().fit(iter(kept))

        def first(problems: Batch) -> Tensor:
            x = torch.nn.functional.pad(problems.x, (0, max(0, length - problems.x.shape[1])))
            return predict(Batch(x[:, :length], problems.y))

        return first
