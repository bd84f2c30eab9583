"""Predictors that need no energy: without them no score says anything.

A *trivial* baseline knows nothing of the task but training pairs, or is a rule that anybody would try first; others (an
exact method, Newton-Schulz say) are shown beside them for reference and do not define skill.
"""

from collections.abc import Callable, Iterator
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch

Predictor = Callable[[Batch], Float[Tensor, "b *answer"]]
"""Maps problems without their right answers (`Batch.problems`) to predicted ones, shaped as `y`."""


@runtime_checkable
class Baseline(Protocol):
    """A way to a predictor, fitted on batches of training problems in float64; `trivial` ones define skill."""

    @property
    def trivial(self) -> bool:
        """Whether the baseline counts for skill."""
        ...

    def fit(self, batches: Iterator[Batch]) -> Predictor:
        """Return the predictor fitted on `batches`."""
        ...


class Zero:
    """Predicts zeros."""

    trivial = True

    def fit(self, batches: Iterator[Batch]) -> Predictor:
        """Return the constant predictor; it needs no `batches`."""
        return lambda problems: torch.zeros_like(problems.y)


class MeanAnswer:
    """Predicts the mean of the training answers."""

    trivial = True

    def fit(self, batches: Iterator[Batch]) -> Predictor:
        """Return the constant predictor of the mean over all `batches`."""
        total, count = torch.zeros(()), 0
        for batch in batches:
            total = total.to(batch.y) + batch.y.sum(0)
            count += len(batch)
        mean = total / count
        return lambda problems: mean.to(problems.y).expand(len(problems), *mean.shape)


class LeastSquares:
    """Predicts every entry of the answer by a linear function, with intercept, of all entries of the problem.

    Fitted by the normal equations over all batches; directions that the problems never take (a symmetric matrix has
    every entry twice) get no weight.
    """

    trivial = True

    def fit(self, batches: Iterator[Batch]) -> Predictor:
        """Return the linear predictor with the least squared error over all `batches`."""
        gram, moment = torch.zeros(()), torch.zeros(())
        for batch in batches:
            features = with_intercept(batch.x)
            gram = gram.to(features) + features.mT @ features
            moment = moment.to(features) + features.mT @ batch.y.flatten(1)
        weights = torch.linalg.pinv(gram, rtol=1e-10, hermitian=True) @ moment
        return lambda problems: (with_intercept(problems.x) @ weights.to(problems.x)).reshape(problems.y.shape)


class CopyObserved:
    """Predicts the problem's own entries: what is observed there, 0 elsewhere."""

    trivial = True

    def fit(self, batches: Iterator[Batch]) -> Predictor:
        """Return the copying predictor; it needs no `batches`."""
        return lambda problems: problems.x[:, 0]


class NewtonSchulz:
    """Inverts by Y <- Y (2 I - A Y), started at A' / (|A|_1 |A|_inf): the exact method, not a trivial predictor."""

    trivial = False

    def __init__(self, iterations: int) -> None:
        self.iterations = iterations

    def fit(self, batches: Iterator[Batch]) -> Predictor:
        """Return the iteration; it needs no `batches`."""
        return lambda problems: self.predict(problems.x)

    def predict(self, x: Float[Tensor, "b one n n"]) -> Float[Tensor, "b n n"]:
        """Return the approximate inverses of the matrices `x`."""
        a = x[:, 0]
        norms = a.abs().sum(1).amax(1) * a.abs().sum(2).amax(1)
        y = a.mT / norms[:, None, None]
        for _ in range(self.iterations):
            y = 2 * y - y @ (a @ y)
        return y


def with_intercept(x: Float[Tensor, "b *problem"]) -> Float[Tensor, "b features"]:
    """Return the problems flattened, with a column of ones behind."""
    flat = x.flatten(1)
    return torch.cat([flat, flat.new_ones(len(flat), 1)], dim=1)
