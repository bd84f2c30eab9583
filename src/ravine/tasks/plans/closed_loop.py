"""Plans acted on in a closed loop: make a plan, take its first move, make another plan from there."""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.answers import one_hot
from ravine.tasks.baselines import Predictor
from ravine.tasks.plans.draw import Journeys
from ravine.tasks.plans.encoding import journeys_of, moves_of, problems_of
from ravine.tasks.plans.follow import Followed, follow


def closed_loop(batch: Batch, predict: Predictor) -> Followed:
    """Return what becomes of whom takes the first move of a new plan of `predict` at every step of `batch.y`.

    `arrives` says who reaches the goal, `optimal` who does so by a shortest way. Once at the goal nobody moves. A move
    without an edge is taken all the same, and counts as wrong.
    """
    journeys, moves = journeys_of(batch.x), []
    present = journeys.start
    for _ in range(batch.y.shape[1]):
        x = problems_of(Journeys(journeys.edges, present, journeys.goal), batch.x.dtype)
        first = moves_of(predict(replace(batch, x=x).problems()))[:, 0]
        present = torch.where(present == journeys.goal, journeys.goal, first)
        moves.append(present)
    walked: Float[Tensor, "b steps n"] = one_hot(torch.stack(moves, 1), batch.y.shape[2])
    return follow(batch.x, walked)
