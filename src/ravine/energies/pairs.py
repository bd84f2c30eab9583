"""An energy that verifies: how likely every pair of nodes is related, given the problem and all other pairs."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.base import Condition
from ravine.energies.initial import normal
from ravine.energies.likelihood import evidence, signs_energy, signs_surprise
from ravine.energies.misfit import misfit
from ravine.energies.rounds import RoundsConfig, TiedRounds
from ravine.energies.silu import silu
from ravine.section import Count

FIRST_GATE = -2.0
"""Gates begin nearly shut: a sum over the nodes of a graph does not saturate at once."""
STEEP, KEPT = 4.0, 0.7
"""How soon a composition saturates, and the share of z that a round keeps."""


@dataclass(frozen=True)
class PairCondition(Condition):
    """What problem and landscape add to every hidden unit, (b, n, n, hidden); `signal`, `sigma`: s and sigma, (b,)."""

    entering: Float[Tensor, "b n n hidden"]
    signal: Float[Tensor, " b"]
    sigma: Float[Tensor, " b"]


class PairEnergy(TiedRounds[PairCondition]):
    """E = sum_ij y_ij^2 / (2 sigma) - sigma log [ q_ij exp(s y_ij / sigma^2) + (1 - q_ij) exp(-s y_ij / sigma^2) ].

    With constant q, E is the exact energy of independent signs: its gradient predicts the noise that the posterior mean
    under the prior q leaves. Here the log-odds m of q are read from `rounds` tied rounds in which relations compose:

        b = tanh(s y / sigma^2);   [u, v] = sigmoid(A z + a);   c_ij = 1 - exp(-4 (sum_m u_im v_mj)^2)
        z <- .7 z + W2 silu(W0 z + W1 z' + C c + D c' + U [x, x', i = j, b, b'] + b_k) + b2;   m = w z

    with z of `channels` per pair (i, j), and ' the pair (j, i). c is a soft "there is a node m between": it saturates,
    so that one node between is worth as much as many, and is flat at 0, so that gates not quite shut do not add up over
    many nodes and rounds. E does not change if nodes are renamed, and the same weights fit every n. Answers are signs
    of pairs, (n, n), or of nodes, (n,): these are read where i = j.

    `signal`: sqrt(abar_k).
    """

    def __init__(
        self,
        inputs: int,
        signal: Float[Tensor, " K"],
        generator: torch.Generator,
        channels: int,
        hidden: int,
        gates: int,
        rounds: int,
        least_rounds: int | None = None,
    ) -> None:
        super().__init__()
        self.rounds, self.least_rounds, self.gates = rounds, least_rounds or rounds, gates
        self.register_buffer("signal", signal.clone(), persistent=False)
        self.problem = normal((2 * inputs + 1, hidden), 0.5, generator)
        self.belief = normal((2, hidden), 0.5, generator)
        self.bias = nn.Parameter(torch.zeros(len(signal), hidden))
        self.own = normal((2 * channels, hidden), 0.7 * channels**-0.5, generator)
        self.between = normal((2 * gates, hidden), 0.7 * gates**-0.5, generator)
        self.gate = normal((channels, 2 * gates), 2 * channels**-0.5, generator)
        self.gate_bias = nn.Parameter(torch.full((2 * gates,), FIRST_GATE))
        self.out = normal((hidden, channels), 0.5 * hidden**-0.5, generator)
        self.out_bias = nn.Parameter(torch.zeros(channels))
        self.read = normal((channels,), channels**-0.5, generator)

    def condition(self, x: Float[Tensor, "b n n inputs"], k: Int[Tensor, " b"]) -> PairCondition:
        """Return what the problems `x` and their landscapes add in every round."""
        signal = self.get_buffer("signal")
        chosen = (k[:, None] == torch.arange(len(signal), device=k.device)).to(x.dtype)
        itself = torch.eye(x.shape[1], device=x.device, dtype=x.dtype)[None, ..., None].expand(*x.shape[:3], 1)
        seen = torch.cat([x, x.transpose(1, 2), itself], -1)
        s = signal[k]
        entering = seen @ self.problem + (chosen @ self.bias)[:, None, None]
        return PairCondition(entering, s, (1 - s.square()).sqrt())

    def energy(self, condition: PairCondition, y: Float[Tensor, "b *answer"]) -> Float[Tensor, " b"]:
        """Return the energies of the points `y`, (b,)."""
        return self._energy_and_log_odds(condition, y)[0]

    def energy_and_surprise(
        self, condition: PairCondition, y: Float[Tensor, "b *answer"], right: Float[Tensor, "b *answer"]
    ) -> tuple[Float[Tensor, " b"], Float[Tensor, "b *answer"]]:
        """Return the energies of the points `y`, (b,), and -ln p(right sign | y, x) of every entry."""
        energy, log_odds = self._energy_and_log_odds(condition, y)
        return energy, signs_surprise(log_odds, right)

    def _energy_and_log_odds(
        self, condition: PairCondition, y: Float[Tensor, "b *answer"]
    ) -> tuple[Float[Tensor, " b"], Float[Tensor, "b *answer"]]:
        s, sigma = condition.signal, condition.sigma
        belief = evidence(y, s, sigma).tanh()
        z = self._rounds(condition, torch.diag_embed(belief) if y.dim() == 2 else belief)
        logits = z @ self.read
        entries, log_odds = signs_energy(logits.diagonal(dim1=1, dim2=2) if y.dim() == 2 else logits, y, s, sigma)
        return entries.flatten(1).sum(1), log_odds

    def _rounds(self, condition: PairCondition, belief: Float[Tensor, "b n n"]) -> Float[Tensor, "b n n channels"]:
        believed = torch.stack([belief, belief.mT], -1) @ self.belief
        entering = condition.entering + believed
        z = self._out(entering)
        for _ in range(self.rounds - 1):
            heard = both_ways(z) @ self.own + both_ways(self._composed(z)) @ self.between
            z = KEPT * z + self._out(entering + heard)
        return z

    def _out(self, before: Float[Tensor, "b n n hidden"]) -> Float[Tensor, "b n n channels"]:
        return silu(before) @ self.out + self.out_bias

    def _composed(self, z: Float[Tensor, "b n n channels"]) -> Float[Tensor, "b n n gates"]:
        """Return how surely some node lies between two, by every pair of gates."""
        gates = (z @ self.gate + self.gate_bias).sigmoid().movedim(3, 1)
        first, second = gates[:, : self.gates], gates[:, self.gates :]
        between: Tensor = 1 - (-STEEP * (first @ second).square()).exp()
        return between.movedim(1, 3)


def both_ways(z: Float[Tensor, "b n n c"]) -> Float[Tensor, "b n n both"]:
    """Return the channels of (i, j), then those of (j, i)."""
    return torch.cat([z, z.transpose(1, 2)], -1)


class PairsConfig(RoundsConfig):
    """An energy that verifies relations between nodes by composing them; it fits any number of nodes."""

    name: Literal["pairs"] = "pairs"
    channels: Count = 12
    """Numbers per pair of nodes that a round passes on."""
    hidden: Count = 24
    """Hidden units per pair of nodes in a round."""
    gates: Count = 6
    """Compositions of two relations in a round."""
    rounds: Count = 6
    """Rounds, of one set of weights: the most in training, and those of solving unless `solve.rounds` says more."""
    least_rounds: Count = 4
    """The least rounds in training, where every step draws their number."""

    def build(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> PairEnergy:
        """Return the energy for problems of (n, n, inputs) and answers of (n, n) or (n,)."""
        nodes = shape.x[:1]
        if len(shape.x) != 3 or shape.x[:2] != nodes * 2 or shape.y not in (nodes, nodes * 2):
            raise misfit(self.name, "problems of (n, n, inputs) and answers of (n, n) or (n,)", shape)
        sizes = self.channels, self.hidden, self.gates, self.rounds, self.least_rounds
        return PairEnergy(shape.x[2], diffusion.signal.cpu(), generator, *sizes)
