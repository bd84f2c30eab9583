"""An energy whose every answer is known: E = |y - s x|^2 / 2 + constant, and how often it was asked."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ravine.batch import Batch
from ravine.diffusion import Diffusion
from ravine.energies.base import Condition, Energy
from ravine.mining.context import MiningContext
from ravine.tasks.matrices.inverse import Inverse

DIFFUSION, K = Diffusion.cosine(10), 3


@dataclass(frozen=True)
class Target(Condition):
    """Where the bowl's bottom is."""

    at: Float[Tensor, "b n n"]


class Bowl(Energy[Target]):
    """E = |y - s x|^2 / 2 + `constant` for problems x that are answers, s = sqrt(abar_k); `points`: how often asked."""

    def __init__(self, constant: float = 0.0) -> None:
        super().__init__()
        self.constant, self.points = constant, 0

    def condition(self, x: Float[Tensor, "b 1 n n"], k: Int[Tensor, " b"]) -> Target:
        return Target(DIFFUSION.scale(x[:, 0], k))

    def energy(self, condition: Target, y: Float[Tensor, "b n n"]) -> Float[Tensor, " b"]:
        self.points += 1
        return (y - condition.at).flatten(1).square().sum(1) / 2 + self.constant


def bowl(
    rows: int, k: int = K, constant: float = 0.0, bound: float = 1e6, given: Tensor | None = None
) -> MiningContext:
    """Return a context of 3 x 3 answers whose right ones lie at the bottom of a bowl, all on landscape `k`."""
    task = Inverse(3)
    task.bound = bound
    y = torch.randn(rows, 3, 3, generator=torch.Generator().manual_seed(9))
    batch = Batch(y[:, None], y, None if given is None else given.expand(y.shape))
    return MiningContext(Bowl(constant), task, batch, torch.full((rows,), k), DIFFUSION)
