from collections.abc import Iterator

import numpy as np
import pytest
import torch

from ravine.batch import Batch
from ravine.tasks.baselines import CopyObserved, LeastSquares, MeanAnswer, NewtonSchulz, Zero
from ravine.tasks.matrices.addition import Addition
from ravine.tasks.matrices.inverse import Inverse


def batches(count: int = 4) -> Iterator[Batch]:
    generator = torch.Generator().manual_seed(0)
    for _ in range(count):
        yield Inverse(3).sample(50, generator, dtype=torch.float64)


def test_zero_and_mean() -> None:
    problems = next(batches()).problems()
    assert not Zero().fit(batches())(problems).any()
    expected = torch.cat([batch.y for batch in batches()]).mean(0)
    torch.testing.assert_close(MeanAnswer().fit(batches())(problems), expected.expand(50, 3, 3))


def test_least_squares_is_numpys_least_squares() -> None:
    x = torch.cat([batch.x for batch in batches()]).flatten(1).numpy()
    y = torch.cat([batch.y for batch in batches()]).flatten(1).numpy()
    features = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    oracle = features @ np.linalg.lstsq(features, y, rcond=None)[0]
    ours = torch.cat([LeastSquares().fit(batches())(batch.problems()) for batch in batches()]).flatten(1)
    np.testing.assert_allclose(ours.numpy(), oracle, atol=1e-8)


def test_least_squares_is_exact_on_addition() -> None:
    def sums() -> Iterator[Batch]:
        generator = torch.Generator().manual_seed(0)
        yield Addition(3).sample(200, generator, dtype=torch.float64)

    other = Addition(3).sample(5, torch.Generator().manual_seed(1), "harder", torch.float64)
    torch.testing.assert_close(LeastSquares().fit(sums())(other.problems()), other.y, atol=1e-9, rtol=0)


def test_copying_returns_what_is_observed() -> None:
    problems = next(batches()).problems()
    assert torch.equal(CopyObserved().fit(batches())(problems), problems.x[:, 0])


@pytest.mark.parametrize(("iterations", "limit"), [(5, 10.0), (20, 1e-9)])
def test_newton_schulz_converges(iterations: int, limit: float) -> None:
    batch = next(batches())
    error = NewtonSchulz(iterations).fit(batches())(batch.problems()) - batch.y
    assert error.abs().max() < limit
    assert iterations == 20 or error.abs().max() > 1e-3
