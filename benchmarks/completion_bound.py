"""How well completion can be solved at all: the mean of the posterior, by Gibbs sampling, on the fixed test problems.

    python benchmarks/completion_bound.py [--problems 200] [--sweeps 1000]

The sampler is told what no predictor is: the rank, the scales of factors and noise, and which split it is on. Its error
bounds from below what any method can reach on average; copying what is observed is printed beside it.
"""

import argparse

import torch
from torch import Tensor

from ravine.tasks.fixed import fixed_split
from ravine.tasks.matrices.completion import Completion

NOISE = 0.1


def rows_given(others: Tensor, observed: Tensor, mask: Tensor, scale: float, generator: torch.Generator) -> Tensor:
    """Draw one factor's rows, (b, n, rank), from their Gaussian law given the other factor."""
    rank = others.shape[-1]
    weight = (scale / NOISE) ** 2
    precision = torch.eye(rank, dtype=others.dtype) + weight * torch.einsum("bij,bjr,bjs->birs", mask, others, others)
    pull = scale / NOISE**2 * torch.einsum("bij,bjr->bir", mask * observed, others)
    root = torch.linalg.cholesky(precision)
    mean = torch.cholesky_solve(pull[..., None], root)[..., 0]
    white = torch.randn(pull.shape, generator=generator, dtype=others.dtype)[..., None]
    drawn: Tensor = mean + torch.linalg.solve_triangular(root.mT, white, upper=True)[..., 0]
    return drawn


def posterior_mean(x: Tensor, scale: float, rank: int, sweeps: int, generator: torch.Generator) -> Tensor:
    """Return the mean of the whole matrix given its observed entries, after a quarter of the sweeps as burn-in."""
    mask = (x != 0).to(x.dtype)
    v = torch.randn(*x.shape[:2], rank, generator=generator, dtype=x.dtype)
    total, kept = torch.zeros_like(x), 0
    for sweep in range(sweeps):
        u = rows_given(v, x, mask, scale, generator)
        v = rows_given(u, x.mT, mask.mT, scale, generator)
        if sweep >= sweeps // 4:
            total, kept = total + scale * u @ v.mT, kept + 1
    return torch.where(mask > 0, x, total / kept)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument("--sweeps", type=int, default=1000)
    options = parser.parse_args()
    task = Completion(20)
    for split in task.splits:
        batch = fixed_split(task, split, options.problems).batch
        x, y = batch.x[:, 0].double(), batch.y.double()
        mean = posterior_mean(x, task.level(split), task.rank, options.sweeps, torch.Generator().manual_seed(0))
        best, copy = ((answer - y).square().mean((1, 2)) for answer in (mean, x))
        error = float(best.std() / len(best) ** 0.5)
        print(f"{split}: posterior mean {float(best.mean()):.4f} (s.e. {error:.4f}), copy {float(copy.mean()):.4f}")


if __name__ == "__main__":
    main()
