"""An energy of plans: how likely a walk of learned moves is, and how well it explains the point, summed over walks."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from ravine.batch import Shape, per_problem
from ravine.diffusion import Diffusion
from ravine.energies.base import Condition, EnergyAndGradient
from ravine.energies.initial import normal
from ravine.energies.likelihood import evidence, one_hot_surprise
from ravine.energies.rounds import RoundsConfig, TiedRounds
from ravine.energies.silu import silu
from ravine.errors import ConfigurationError
from ravine.section import Count

STRAY = 1e-8
"""Probability of a move to any node at all, edge or not: so that every point has an energy and a gradient."""
OVERFLOW = 20.0
"""No node is better by more nats than the best that one may go to: keeps what one may not do finite."""


@dataclass(frozen=True)
class WalkCondition(Condition):
    """ln p of the `first` move, (b, n), and of every `move` from a node to another, (b, n, n); scales s and sigma."""

    first: Float[Tensor, "b n"]
    move: Float[Tensor, "b n n"]
    signal: Float[Tensor, " b"]
    sigma: Float[Tensor, " b"]


class WalkEnergy(TiedRounds[WalkCondition]):
    """E = |y|^2 / (2 sigma) + s sum y / sigma - sigma ln sum_v p(v | x) prod_t exp(2 s y_(t, v_t) / sigma^2).

    The sum is over all walks v = (v_0, ..., v_(T-1)) of one node a step: E = -sigma ln p(y_k | x) up to a constant, and
    its gradient is exactly the noise that the posterior mean leaves, if plans are walks with p(v | x) = prod_t
    p(v_t | v_(t-1)), v_(-1) the start. Sum and gradient take two passes along the steps. What is learned is where a
    walk goes: p(j | i) is the softmax of a value u_j over the edges from i and over staying (1e-8 of it spread over all
    nodes), and u is read from `rounds` tied rounds over the graph,

        z += W2 silu(W0 z + U [goal, other] + W max over edges i -> j of z_j + V max over edges j -> i of z_j) + b2,

    u = w z, with z of `channels` per node. Nodes share their weights: E does not change if nodes are renamed, and the
    same weights fit graphs of every size and plans of every length. `signal`: sqrt(abar_k).
    """

    def __init__(
        self,
        signal: Float[Tensor, " K"],
        generator: torch.Generator,
        channels: int,
        hidden: int,
        rounds: int,
        least_rounds: int | None = None,
    ) -> None:
        super().__init__()
        self.rounds, self.least_rounds = rounds, least_rounds or rounds
        self.register_buffer("signal", signal.clone(), persistent=False)
        self.inputs = normal((2, hidden), 1.0, generator)
        self.own = normal((channels, hidden), channels**-0.5, generator)
        self.ahead = normal((channels, hidden), channels**-0.5, generator)
        self.behind = normal((channels, hidden), 0.5 * channels**-0.5, generator)
        self.out = normal((hidden, channels), 0.5 * hidden**-0.5, generator)
        self.out_bias = nn.Parameter(torch.zeros(channels))
        self.read = normal((channels,), channels**-0.5, generator)

    def condition(self, x: Float[Tensor, "b n n 4"], k: Int[Tensor, " b"]) -> WalkCondition:
        """Return how likely every move of the problems `x` is, and the scales of their landscapes."""
        shown = ((x + 1) / 2).clamp(0, 1)
        edges, (start, goal) = (shown[..., 0] + shown[..., 2]) / 2, (shown[..., channel].mean(2) for channel in (1, 3))
        move = moves(edges, self._value(edges > 0.5, goal))
        s = self.get_buffer("signal")[k]
        return WalkCondition((start[:, None] @ move)[:, 0].log(), move.log(), s, (1 - s.square()).sqrt())

    def energy(self, condition: WalkCondition, y: Float[Tensor, "b steps n"]) -> Float[Tensor, " b"]:
        """Return the energies of the points `y`, (b,)."""
        forward = self._forward(condition, y)
        return self._value_of(condition, y, forward[-1].logsumexp(-1))

    def energy_and_gradient(self, condition: WalkCondition, y: Float[Tensor, "b steps n"]) -> EnergyAndGradient:
        """Return energies and their gradients (y - s m) / sigma, m the posterior mean."""
        energy, log_posterior = self._energy_and_log_posterior(condition, y)
        mean = 2 * log_posterior.exp() - 1
        s, sigma = (per_problem(scale, y) for scale in (condition.signal, condition.sigma))
        return EnergyAndGradient(energy, (y - s * mean) / sigma)

    def energy_and_surprise(
        self, condition: WalkCondition, y: Float[Tensor, "b steps n"], right: Float[Tensor, "b steps n"]
    ) -> tuple[Float[Tensor, " b"], Float[Tensor, "b steps"]]:
        """Return the energies of the points `y`, (b,), and -ln p(right node | y, x) of every step."""
        energy, log_posterior = self._energy_and_log_posterior(condition, y)
        return energy, one_hot_surprise(log_posterior, right)

    def _energy_and_log_posterior(
        self, condition: WalkCondition, y: Float[Tensor, "b steps n"]
    ) -> tuple[Float[Tensor, " b"], Float[Tensor, "b steps n"]]:
        forward = self._forward(condition, y)
        total = forward[-1].logsumexp(-1)
        backward = [torch.zeros_like(forward[-1])]
        said = 2 * evidence(y, condition.signal, condition.sigma)
        for step in range(y.shape[1] - 1, 0, -1):
            backward.append((condition.move + (said[:, step] + backward[-1])[:, None]).logsumexp(2))
        joint = torch.stack(forward, 1) + torch.stack(backward[::-1], 1)
        return self._value_of(condition, y, total), joint.log_softmax(-1)

    def _forward(self, condition: WalkCondition, y: Float[Tensor, "b steps n"]) -> list[Float[Tensor, "b n"]]:
        """Return, by step, ln of the sum over walks up to each node."""
        said = 2 * evidence(y, condition.signal, condition.sigma)
        forward = [condition.first + said[:, 0]]
        for step in range(1, y.shape[1]):
            forward.append((condition.move + forward[-1][..., None]).logsumexp(1) + said[:, step])
        return forward

    def _value_of(
        self, condition: WalkCondition, y: Float[Tensor, "b steps n"], total: Float[Tensor, " b"]
    ) -> Float[Tensor, " b"]:
        own = evidence(y, condition.signal, condition.sigma).sum((1, 2))
        return y.square().sum((1, 2)) / (2 * condition.sigma) + condition.sigma * (own - total)

    def _value(self, edges: Bool[Tensor, "b n n"], goal: Float[Tensor, "b n"]) -> Float[Tensor, "b n"]:
        entering = torch.stack([goal, 1 - goal], -1) @ self.inputs
        z = self._out(entering)
        for _ in range(self.rounds - 1):
            heard = greatest(z, edges) @ self.ahead + greatest(z, edges.mT) @ self.behind
            z = z + self._out(entering + z @ self.own + heard)
        return z @ self.read

    def _out(self, before: Float[Tensor, "b n hidden"]) -> Float[Tensor, "b n channels"]:
        return silu(before) @ self.out + self.out_bias


class WalkConfig(RoundsConfig):
    """An energy of plans as walks of learned moves over a graph; it fits graphs and plans of every size."""

    name: Literal["walk"] = "walk"
    channels: Count = 16
    """Numbers per node that a round passes on."""
    hidden: Count = 32
    """Hidden units per node in a round."""
    rounds: Count = 10
    """Rounds, of one set of weights: the most in training, and those of solving unless `solve.rounds` says more."""
    least_rounds: Count = 7
    """The least rounds in training, where every step draws their number."""

    def build(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> WalkEnergy:
        """Return the energy for plans on graphs: x (n, n, 4) with edges, start and goal, y (steps, n)."""
        n = shape.x[0]
        if shape.x != (n, n, 4) or len(shape.y) != 2 or shape.y[1] != n:
            raise ConfigurationError(
                f"energy.name: {self.name} needs graphs (n, n, 4) and plans (steps, n), not {shape.x} and {shape.y}"
            )
        sizes = self.channels, self.hidden, self.rounds, self.least_rounds
        return WalkEnergy(diffusion.signal.cpu(), generator, *sizes)


def moves(edges: Float[Tensor, "b n n"], value: Float[Tensor, "b n"]) -> Float[Tensor, "b n n"]:
    """Return the probability of every move: e_ij exp(u_j) over its sum, e the edges and staying, a little spread."""
    n = edges.shape[1]
    may = edges + torch.eye(n, dtype=edges.dtype, device=edges.device)
    to = value[:, None].expand(edges.shape)
    best = to.detach().masked_fill(may <= 0.5, -torch.inf).amax(2, keepdim=True)
    weight = may * (to - best).clamp(max=OVERFLOW).exp()
    return (1 - STRAY) * weight / weight.sum(2, keepdim=True) + STRAY / n


def greatest(z: Float[Tensor, "b n channels"], edges: Bool[Tensor, "b n n"]) -> Float[Tensor, "b n channels"]:
    """Return the greatest z of the nodes that each node has an edge to, channel by channel; 0 without an edge."""
    most = z[:, None].masked_fill(~edges[..., None], -torch.inf).amax(2)
    return most.masked_fill(~edges.any(2)[..., None], 0)
