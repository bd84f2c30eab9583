"""Matrices met outside: correlations of measured features, from the data sets that scikit-learn brings along."""

from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.errors import InputError


@cache
def feature_correlations() -> tuple[Tensor, ...]:
    """Return the correlation matrix of each data set's features that vary, (p, p) in float64; p from 10 to 61.

    Nothing is downloaded: breast cancer (30 features), diabetes (10), digits (61 of 64) and wine (13) are part of
    scikit-learn. An `InputError` says how to install it.
    """
    try:
        from sklearn import datasets
    except ImportError:
        raise InputError("split 'real' needs scikit-learn; install it with: pip install 'ravine[real]'") from None
    found = []
    for load in (datasets.load_breast_cancer, datasets.load_diabetes, datasets.load_digits, datasets.load_wine):
        features = torch.from_numpy(load().data).double()
        found.append(torch.corrcoef(features[:, features.std(0) > 0].mT))
    return tuple(found)


def subset_correlations(size: int, n: int, generator: torch.Generator) -> Float[Tensor, "size n n"]:
    """Return correlation matrices of `n` features drawn at random, data set by data set in turn, in float64.

    An `InputError` says so if no data set has that many features.
    """
    known = [matrix for matrix in feature_correlations() if len(matrix) >= n]
    if not known:
        most = max(map(len, feature_correlations()))
        raise InputError(f"split 'real' has at most {most} features a matrix, not n = {n}")
    result = torch.empty(size, n, n, dtype=torch.float64, device=generator.device)
    for turn, matrix in enumerate(known):
        rows = result[turn :: len(known)]
        order = torch.rand(len(rows), len(matrix), generator=generator, device=generator.device).argsort(1)[:, :n]
        rows.copy_(matrix.to(generator.device)[order[:, :, None], order[:, None, :]])
    return result
