"""A loss that is not finite must stop the training, not be replaced by a number."""

import torch

from ravine.batch import Batch
from ravine.doctor.bench import Bench
from ravine.doctor.checks.fields import flat
from ravine.doctor.finding import Outcome, judged
from ravine.doctor.registry import check


@check(
    "D312",
    "a value that is not finite stops training",
    "never replace nan by a number, in the loss or in a gradient: stop before the optimiser step and name the step",
    cheap=True,
)
def stops(bench: Bench) -> Outcome:
    """Put a nan into a problem, then into the weights: the loss must show it, and training must not go on."""
    evidence = {"loss_hides_nan": hides_nan(bench), "training_goes_on": goes_on(bench)}
    return judged(not any(evidence.values()), "nan is replaced or ignored on the way", **evidence)


def hides_nan(bench: Bench) -> bool:
    """Return whether the loss of a nan is finite; one that raises, or cannot be called, hides nothing."""
    x = bench.batch.x.clone()
    x[0] = float("nan")
    try:
        arm = bench.arms[0]
        proposals = bench.proposals_or_none(arm)
        batch = Batch(x, bench.batch.y, bench.batch.given)
        terms = bench.pipeline.loss(batch, bench.k, bench.eps, arm, proposals, bench.settings())
    except Exception:  # whatever a loss stops itself with, or has not got
        return False
    return bool(terms.total.isfinite())


def goes_on(bench: Bench) -> bool:
    """Return whether training with a nan in each of its weights raises nothing and moves its clock or other entries.

    In each of them, since a single one may belong to a landscape that no row of the batch is of.
    """
    pipeline = bench.pipeline.fresh()
    weights = list(pipeline.model().parameters())
    with torch.no_grad():
        for parameter in [weight for weight in weights if weight.numel() > 1] or weights:
            parameter[(0,) * parameter.dim()] = float("nan")
    before, clock = flat(pipeline), pipeline.clock()
    try:
        pipeline.step()
    except Exception:  # whatever a trainer stops itself with
        return moved(before, flat(pipeline))
    return pipeline.clock() != clock or moved(before, flat(pipeline))


def moved(before: torch.Tensor, after: torch.Tensor) -> bool:
    """Return whether any weight that was finite is another number now."""
    finite = before.isfinite()
    return not torch.equal(before[finite], after[finite])
