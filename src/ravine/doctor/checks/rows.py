"""A batch's losses are those of its rows: no row meets another's energies, and nothing is divided twice."""

from dataclasses import replace

import torch
from torch import Tensor

from ravine.doctor.bench import Bench
from ravine.doctor.finding import Outcome, below, judged
from ravine.doctor.oracle import apart
from ravine.doctor.perturbed import jittered
from ravine.doctor.pipeline import absent, need
from ravine.doctor.registry import check
from ravine.doctor.shown import Terms
from ravine.doctor.thresholds import limit

ROWS = 8


@check(
    "D318",
    "a batch's losses are the mean, or the sum, of the losses of its problems",
    "reduce once, over rows of one shape: a (b, 1) minus a (b,) is (b, b), and a mean needs no division by the batch",
    rests_on=("D308", "D309", "D317", "D407", "D505"),
)
def of_its_rows(bench: Bench) -> Outcome:
    """With weights jittered, compare the losses of eight problems at once with the mean of their losses one by one.

    The temperature is the spread of their energies, so that a contrast of other rows' pairs is another number.
    """
    found: dict[str, float] = {}
    with jittered(bench.pipeline):
        spread = max(float(bench.energy(bench.y_k)[:ROWS].std()), 1e-6)
        for arm in bench.arms:
            whole = losses(bench, arm, slice(0, ROWS), spread)
            rows = [losses(bench, arm, slice(row, row + 1), spread) for row in range(ROWS)]
            together, *alone = (need(t.negatives, "its loss does not show its negatives") for t in (whole, *rows))
            if not apart(torch.cat(alone), together) < 10 * limit("rounding"):
                absent("its loss mines from other proposals than it is given")
            drawn = [t.eps for t in (whole, *rows) if t.eps is not None]
            if drawn and not apart(torch.cat(drawn[1:]), drawn[0]) < limit("rounding"):
                absent("its contrast draws noise of its own")
            for name in ("denoise", "contrast"):
                found[f"{arm}: {name}"] = over_mean(getattr(whole, name), [getattr(row, name) for row in rows])
    divided = [name for name, ratio in found.items() if abs(ratio * ROWS - 1) < 10 * limit("rounding")]
    says = (
        f"{', '.join(divided)} is divided by the batch size once more"
        if divided
        else "rows are combined with other rows"
    )
    off = {name: min(abs(ratio - 1), abs(ratio / ROWS - 1)) for name, ratio in found.items()}
    return judged(below(off, 10 * limit("rounding")), says, batch_over_mean_of_rows=found)


def losses(bench: Bench, arm: str, rows: slice, temperature: float) -> Terms:
    """Return the losses of some of the bench's problems."""
    proposals, settings = bench.proposals_or_none(arm), replace(bench.settings(), temperature=temperature)
    chosen = None if proposals is None else proposals[rows]
    return bench.pipeline.loss(bench.batch.rows(rows), bench.k[rows], bench.eps[rows], arm, chosen, settings)


def over_mean(whole: Tensor, rows: list[Tensor]) -> float:
    """Return a batch's loss over the mean of its rows' losses, 1 where both are zero."""
    mean = float(torch.stack(rows).detach().double().mean())
    found = float(whole.detach())
    return 1.0 if found == mean == 0 else found / mean if mean else float("inf")
