"""An energy whose layers multiply matrices in the algebra of (min, +): it computes lengths of shortest paths."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import Shape, per_problem
from ravine.diffusion import Diffusion
from ravine.energies.base import EnergyConfig, matrices_of
from ravine.energies.computed import ComputedCondition, ComputedEnergy
from ravine.energies.initial import normal
from ravine.energies.rounds import TiedRounds
from ravine.energies.tower import mix
from ravine.section import Count


class TropicalEnergy(ComputedEnergy, TiedRounds[ComputedCondition]):
    """E = |y - s D(x)|^2 / (2 sigma), D from tied rounds Z <- min_k [(P Z)_ik + (Q Z)_kj].

    Z holds `channels` matrices, at first multiples of the problem's at a mean absolute entry of 1; P and Q mix
    channels, and D is a mixture of the last Z at the problem's own scale. So D(c x) = c D(x) for c > 0, renamed nodes
    rename D, and the same weights fit every n. With one channel and P = Q = 1 a round doubles the number of edges that
    paths may have, if x is 0 on its diagonal; the weights begin elsewhere and are learned.
    """

    def __init__(
        self, inputs: int, signal: Float[Tensor, " K"], generator: torch.Generator, channels: int, rounds: int
    ) -> None:
        super().__init__(signal)
        self.rounds = rounds
        spread = 0.3 / channels**0.5
        self.enter = normal((channels, inputs), spread, generator)
        self.left, self.right = (normal((channels, channels), spread, generator) for _ in range(2))
        self.read = normal((1, channels), spread, generator)
        for weight in (self.left, self.right, self.read):  # about the mean of all channels
            weight.data += 1 / channels
        self.enter.data += 1

    def computed(self, x: Float[Tensor, "b inputs n n"]) -> Float[Tensor, "b n n"]:
        """Return the answers D(x)."""
        size = x.abs().flatten(1).mean(1).clamp(min=torch.finfo(x.dtype).tiny)
        z = mix(self.enter, (x / per_problem(size, x)).movedim(1, 0))
        for _ in range(self.rounds):
            z = min_plus(mix(self.left, z), mix(self.right, z))
        answer = mix(self.read, z)[0]
        return answer * per_problem(size, answer)


class TropicalConfig(EnergyConfig):
    """An energy of shortest paths: matrices are multiplied with min for sum and plus for times."""

    name: Literal["tropical"] = "tropical"
    channels: Count = 1
    """n x n matrices that a round works on."""
    rounds: Count = 5
    """Rounds, of one set of weights."""

    def build(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> TropicalEnergy:
        """Return the energy for problems of n x n matrices."""
        inputs, _ = matrices_of(shape, self.name)
        return TropicalEnergy(inputs, diffusion.signal.cpu(), generator, self.channels, self.rounds)


def min_plus(left: Float[Tensor, "c b n n"], right: Float[Tensor, "c b n n"]) -> Float[Tensor, "c b n n"]:
    """Return min_k (left_ik + right_kj)."""
    return (left[..., :, :, None] + right[..., None, :, :]).amin(-2)
