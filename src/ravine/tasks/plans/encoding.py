"""Problems and plans as numbers of +-1, the problems as released, and back."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ravine.tasks.plans.draw import Journeys
from ravine.tasks.plans.graphs import marked


def problems_of(journeys: Journeys, dtype: torch.dtype) -> Float[Tensor, "b n n 4"]:
    """Return x as released: the edges, the row of the start all +1, the edges again, the row of the goal all +1."""
    edges, n = journeys.edges, journeys.edges.shape[-1]
    start, goal = (marked(node, n)[..., None].expand(edges.shape) for node in (journeys.start, journeys.goal))
    return torch.stack([edges, start, edges, goal], -1).to(dtype) * 2 - 1


def journeys_of(x: Float[Tensor, "b n n 4"]) -> Journeys:
    """Return the graphs, starts and goals that problems stand for."""
    start, goal = (x[..., channel].sum(2).argmax(1) for channel in (1, 3))
    return Journeys(x[..., 0] > 0, start, goal)


def moves_of(y: Float[Tensor, "b steps n"]) -> Int[Tensor, "b steps"]:
    """Return the node to which every move of a plan leads."""
    return y.argmax(-1)


def relational(journeys: Journeys, moves: Int[Tensor, "b steps"]) -> Float[Tensor, "b steps n n 3"]:
    """Return plans as states and moves: edges, row of the present node, edge taken; once at the goal it is (0, 0)."""
    (size, steps), n = moves.shape, journeys.edges.shape[-1]
    present = torch.cat([journeys.start[:, None], moves[:, :-1]], 1)
    stays = (present == journeys.goal[:, None]) & (moves == journeys.goal[:, None])
    move = torch.where(stays, 0, present * n + moves)
    state = torch.full((size, n * n, 3), -1.0, device=moves.device)
    state[..., 0] += 2 * journeys.edges.flatten(1)
    plans = state[:, None].repeat(1, steps, 1, 1)
    row, taken = plans[..., 1], plans[..., 2]
    row.view(size, steps, n, n).scatter_(2, present[:, :, None, None].expand(size, steps, 1, n), 1.0)
    taken.scatter_(2, move[:, :, None], 1.0)
    return plans.view(size, steps, n, n, 3)
