"""Matrix tasks whose right answers a method of linear algebra computes."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.base import relative_norm
from ravine.tasks.baselines import Baseline, LeastSquares, MeanAnswer, Predictor, Zero
from ravine.tasks.matrices.base import MatrixTask, signed, uniform
from ravine.tasks.matrices.files import MatrixFiles

Fault = tuple[Bool[Tensor, " b"], str]


@dataclass(frozen=True)
class Rule:
    """Predicts by a function of the problems alone; a `trivial` one defines skill."""

    predict: Callable[[Tensor], Tensor]
    trivial: bool = True

    def fit(self, batches: Iterator[Batch]) -> Predictor:
        """Return the function on problems; it needs no `batches`."""
        return lambda problems: self.predict(problems.x)


class ComputedTask(MatrixTask):
    """A task whose right answers are computed from its problems, up to rounding.

    `method`: what computes them; `signs`: whether the entries of a problem have signs, where nothing else draws them.
    """

    method: str
    signs: bool = True

    def draw(
        self, size: int, generator: torch.Generator, level: float, dtype: torch.dtype
    ) -> Float[Tensor, "b *problem"]:
        """Return `size` problems of the split that has the number `level`: so many times uniform entries."""
        entries = signed if self.signs else uniform
        return entries((size, *self.x_shape), generator, dtype) * level

    @abstractmethod
    def answer(self, x: Float[Tensor, "b *problem"]) -> Float[Tensor, "b *answer"]:
        """Return the right answers to problems of any one size."""

    def sample(
        self, size: int, generator: torch.Generator, split: str = "same", dtype: torch.dtype = torch.float32
    ) -> Batch:
        """Return `size` problems with their answers, of the shapes `x_shape` and `y_shape`."""
        x = self.draw(size, generator, self.level(split), dtype)
        return Batch(x, self.answer(x))

    def residual(self, x: Float[Tensor, "b *problem"], prediction: Float[Tensor, "b *answer"]) -> Float[Tensor, " b"]:
        """Return |Y - answer| / |answer|, the answer computed anew from the problem in float64."""
        right = self.answer(x.double())
        return relative_norm(prediction - right, right).to(prediction.dtype)

    def baselines(self) -> Mapping[str, Baseline]:
        """Return zero, mean, least squares, the task's own rules, and the exact method."""
        plain: dict[str, Baseline] = {"zero": Zero(), "mean": MeanAnswer(), "least squares": LeastSquares()}
        return {**plain, **self.rules(), self.method: Rule(self.answer, trivial=False)}

    def rules(self) -> Mapping[str, Baseline]:
        """Return the task's own trivial rules, by name."""
        return {}

    def faults(self, x: Float[Tensor, "b *problem"]) -> Iterator[Fault]:
        """Yield what keeps arrays from being problems of the task: which of them, (b,), and why."""
        yield from ()

    def files(self) -> MatrixFiles:
        """Return how a user's own problems are read and their answers written."""
        return MatrixFiles(self)
