"""Where refined points may lie: inside the bound, at the given entries, within a radius of the right answer."""

from torch import Tensor, finfo

from ravine.batch import per_problem
from ravine.descent import Projection, projection
from ravine.mining.context import MiningContext


def region(context: MiningContext, radius: float | None) -> Projection:
    """Return the map that keeps points of the context's landscapes inside the bound, the given entries and `radius`.

    `radius`: the farthest distance from the right answer, root mean square over entries, in units of the right answer's
    own root mean square; None sets no limit.
    """
    batch, k = context.batch, context.k
    inside = projection(context.diffusion, k, context.bound, batch.given, batch.y)
    if radius is None:
        return inside
    right = context.diffusion.scale(batch.y, k)
    limit = radius * context.spread() * context.diffusion.signal[k]

    def project(y_k: Tensor) -> Tensor:
        offset = inside(y_k) - right
        distance = offset.flatten(1).square().mean(1).sqrt()
        shrink = (limit / distance.clamp(min=finfo(distance.dtype).tiny)).clamp(max=1.0)
        return right + per_problem(shrink, offset) * offset

    return project
