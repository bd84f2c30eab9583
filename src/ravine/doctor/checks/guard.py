"""A loss that is not finite must stop the training, not be replaced by a number."""

import torch

from ravine.batch import Batch
from ravine.doctor.bench import Bench
from ravine.doctor.checks.fields import flat
from ravine.doctor.finding import Outcome, judged
from ravine.doctor.pipeline import NotOffered
from ravine.doctor.registry import check
from ravine.errors import RavineError


@check(
    "D312",
    "what is not finite stops the training",
    "never replace nan by a number, in the loss or in a gradient: stop before the optimiser step and name the step",
    cheap=True,
)
def stops(bench: Bench) -> Outcome:
    """Put a nan into a problem, then into a weight: the loss must show it, and no weight may move."""
    arms = bench.pipeline.arms()
    x = bench.batch.x.clone()
    x[0] = float("nan")
    evidence: dict[str, bool] = {}
    batch = Batch(x, bench.batch.y, bench.batch.given)
    try:
        proposals = bench.proposals_or_none(arms[0]) if arms else None
        settings = bench.settings()
        terms = bench.pipeline.loss(batch, bench.k, bench.eps, arms[0], proposals, settings)
        evidence["loss hides nan"] = bool(terms.total.isfinite())
    except (NotOffered, IndexError):
        evidence["loss hides nan"] = False
    evidence["weights move on nan"] = moves_on_nan(bench)
    return judged(
        not any(evidence.values()),
        "nan is replaced on the way",
        **{k.replace(" ", "_"): v for k, v in evidence.items()},
    )


def moves_on_nan(bench: Bench) -> bool:
    """Return whether a training step with a nan among the weights changes the finite ones."""
    pipeline = bench.pipeline.fresh()
    first = next(p for p in pipeline.model().parameters() if p.numel() > 1)
    with torch.no_grad():
        first.view(-1)[0] = float("nan")
    before = flat(pipeline)
    try:
        pipeline.step()
    except (RavineError, ValueError, FloatingPointError, ArithmeticError):
        pass_through = flat(pipeline)
        return bool(changed(before, pass_through))
    return bool(changed(before, flat(pipeline)))


def changed(before: torch.Tensor, after: torch.Tensor) -> bool:
    """Return whether any weight that was finite is another number now."""
    finite = before.isfinite()
    return not torch.equal(before[finite], after[finite])
