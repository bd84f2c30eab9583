"""What the doctor computes for itself, the obvious way, to compare a pipeline's results with."""

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ravine.batch import per_problem
from ravine.doctor.shown import Recipe
from ravine.mining.curriculum import MiningSettings

Evaluate = Callable[[Tensor], Tensor]


def same_settings(a: MiningSettings, b: MiningSettings) -> bool:
    """Return whether two settings ask for the same; arms without a share count for nothing."""
    first, second = ({arm: share for arm, share in s.mixture if share > 0} for s in (a, b))
    shares = all(math.isclose(first.get(n, 0.0), second.get(n, 0.0), abs_tol=1e-5) for n in {*first, *second})
    numbers = zip((a.temperature, a.weight), (b.temperature, b.weight), strict=True)
    return shares and a.active == b.active and all(math.isclose(x, y, rel_tol=1e-6) for x, y in numbers)


def descended(
    energy: Evaluate, gradient: Evaluate, project: Evaluate, start: Tensor, step_size: Tensor, recipe: Recipe
) -> Tensor:
    """Return the points after `recipe.steps` steps of each row's own size, kept where no energy rises."""
    eta, y = recipe.step_scale * per_problem(step_size, start), project(start)
    for _ in range(recipe.steps):
        candidate = project(y - eta * way(gradient(y), recipe))
        if recipe.keep == "all":
            y = candidate
        else:
            y = torch.where(per_problem(energy(candidate) <= energy(y), y), candidate, y)
    return y


def way(gradient: Tensor, recipe: Recipe) -> Tensor:
    """Return what a recipe's step is taken along."""
    if recipe.rule == "sign":
        return gradient.sign()
    if recipe.rule == "normalised":
        return gradient / per_problem(gradient.flatten(1).norm(dim=1).clamp(min=1e-12), gradient)
    return gradient


def picked(energies: NDArray[np.float64], distances: NDArray[np.float64], recipe: Recipe) -> NDArray[np.float64]:
    """Return every candidate's score by the recipe, (b, m), row by row; the highest one is to be chosen."""
    scores = np.empty_like(energies)
    for row in range(len(energies)):
        if recipe.score is not None:
            scores[row] = recipe.score(torch.from_numpy(energies[row]), torch.from_numpy(distances[row])).numpy()
        elif recipe.selection == "lowest":
            scores[row] = -energies[row]
        else:
            scores[row] = recipe.weight * standard(distances[row]) - standard(energies[row])
    return scores


def standard(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values minus their mean, over their standard deviation."""
    spread = values.std()
    return np.zeros_like(values) if spread == 0 else (values - values.mean()) / spread


def distances(answers: Tensor, right: Tensor) -> Tensor:
    """Return the root mean square offset of several answers from each right one, (b, m)."""
    return (answers - right[:, None]).flatten(2).square().mean(2).sqrt()


def rank_correlation(a: Tensor, b: Tensor) -> float:
    """Return Spearman's correlation of each row's values, the mean over rows; a, b (rows, points)."""
    if not bool(a.isfinite().all() & b.isfinite().all()):
        return math.nan
    ranks = [values.argsort(1).argsort(1).double() for values in (a, b)]
    centred = [rank - rank.mean(1, keepdim=True) for rank in ranks]
    top = (centred[0] * centred[1]).sum(1)
    return float((top / (centred[0].square().sum(1) * centred[1].square().sum(1)).sqrt()).mean())


def apart(a: Tensor, b: Tensor) -> float:
    """Return the largest difference of two tensors over the root mean square of the second; inf for other shapes."""
    if a.shape != b.shape:
        return math.inf
    if a.numel() == 0:
        return 0.0
    first, second = a.detach().double(), b.detach().double()
    return float((first - second).abs().max()) / max(float(second.square().mean().sqrt()), 1e-30)
