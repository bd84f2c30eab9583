"""The trend of the losses: of the run's own log, or of a short training of the doctor's."""

import math
import statistics
from collections.abc import Sequence

from ravine.doctor.bench import Bench
from ravine.doctor.finding import Outcome
from ravine.doctor.pipeline import History, NotOffered, absent
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit
from ravine.errors import NonFiniteError

STEPS = 40


@check(
    "D517",
    "the denoising loss falls, without divergence or excursion",
    "lower optimizer.learning_rate or mining.weight; on a plateau change the energy, not the mining",
    rests_on=("D108", "D304"),
)
def falls(bench: Bench) -> Outcome:
    """Look at the logged denoising losses, or take forty steps and look at theirs."""
    try:
        history = bench.pipeline.history()
    except NotOffered:
        try:
            history = History(short_training(bench))
        except NonFiniteError as error:
            return Outcome("fail", {"step": error.step}, "the loss is not finite any more")
    values = [row["denoise"] for row in history.rows if "denoise" in row]
    if len(values) < 3:
        absent("too few logged losses")
    if any(v is None or not math.isfinite(v) for v in values):
        return Outcome("fail", {"rows": len(values)}, "losses are not finite")
    return judged_trend([float(v) for v in values], history)


def short_training(bench: Bench) -> Sequence[dict[str, float]]:
    """Return the losses of a short training of a copy."""
    pipeline, rows = bench.pipeline.fresh(constant_rate=True), []
    for _ in range(STEPS):
        terms = pipeline.step().terms
        if terms is None:
            absent("its training step does not show its losses")
        rows.append({"denoise": float(terms.denoise)})
    return rows


def judged_trend(values: list[float], history: History) -> Outcome:
    """Return what a sequence of losses says."""
    third = max(1, len(values) // 3)
    start, end = statistics.median(values[:third]), statistics.median(values[-third:])
    middle = statistics.median(values)
    top = max(values[third:])
    evidence = {"first": start, "last": end, "largest_over_median": top / middle, "rows": len(values)}
    if end > limit("divergence") * start:
        return Outcome("fail", evidence, "the losses diverge")
    if top > limit("excursion") * middle:
        return Outcome("fail", evidence, "the losses leave and come back")
    best = min(history.final_mse.values(), default=math.inf)
    if history.trivial is not None and best >= limit("plateau") * history.trivial:
        evidence |= {"validation": best, "trivial": history.trivial}
        return Outcome("warn", evidence, "the error stands at a trivial predictor's level")
    return Outcome("pass", evidence)
