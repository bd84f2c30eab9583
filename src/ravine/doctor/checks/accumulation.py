"""Gradient accumulation: a step in parts is the same step."""

from torch import Tensor

from ravine.doctor.bench import Bench
from ravine.doctor.finding import Outcome, above, below, judged
from ravine.doctor.pipeline import NO_GRADIENT, need
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit

PARTS = (2, 4)
STEPS = 3
"""What a step leaves behind in a memory shows in the next ones."""


@check(
    "D511",
    "the step does not depend on gradient accumulation",
    "divide each part's loss by the number of parts, draw once for all parts, and fill memories in the batch's order",
    connects=True,
    rests_on=("D407", "D505", "D509"),
)
def accumulation(bench: Bench) -> Outcome:
    """Compare the gradients of three steps in one, two and four parts.

    Parts that share one draw add up to the same gradient, step after step. Parts that draw for themselves give another
    one already in the first, which is twice as long for two of them if they are not averaged.
    """
    whole = gradients(bench, 1)
    cosines, norms = {}, {}
    for parts in PARTS:
        pairs = list(zip(gradients(bench, parts), whole, strict=True))
        cosines[str(parts)] = [float(unit @ other) for (unit, _), (other, _) in pairs]
        norms[str(parts)] = [1.0 if norm == other else norm / max(other, 1e-300) for (_, norm), (_, other) in pairs]
    if above([first for first, *_ in cosines.values()], limit("same draw")):
        holds = above(cosines, limit("same draw")) and above(norms, 0.98) and below(norms, 1.02)
    else:
        holds = all(norms[str(parts)][0] < limit("summed parts") * parts for parts in PARTS) and above(cosines, -2)
    return judged(holds, "the parts add up to a different gradient", norm_over_one_part=norms, cosine=cosines)


def gradients(bench: Bench, parts: int) -> list[tuple[Tensor, float]]:
    """Return the direction of each step's gradient, flat, and its norm before clipping."""
    pipeline, found = bench.at_work(accumulation=parts), []
    for _ in range(STEPS):
        seen = pipeline.step()
        gradient = need(seen.gradient, NO_GRADIENT).double()
        found.append((gradient / gradient.norm().clamp(min=1e-300), need(seen.gradient_norm, NO_GRADIENT)))
    return found
