"""The trend of the losses: of the run's own log, or of a short training of the doctor's."""

import math
import statistics
from contextlib import suppress

from ravine.doctor.bench import Bench
from ravine.doctor.finding import Outcome
from ravine.doctor.pipeline import NO_LOSSES, NotOffered, Pipeline, absent, need
from ravine.doctor.registry import check
from ravine.doctor.shown import History
from ravine.doctor.thresholds import limit
from ravine.errors import NonFiniteError

STEPS = 40


@check(
    "D517",
    "the denoising loss neither diverges nor jumps",
    "lower optimizer.learning_rate or mining.weight; on a plateau change the energy, not the mining",
    rests_on=("D304",),
)
def falls(bench: Bench) -> Outcome:
    """Look at the logged denoising losses, or take forty steps from initial weights, if they can be had."""
    logged = True
    try:
        history = bench.pipeline.history()
    except NotOffered:
        logged = False
        try:  # at a minimum, an optimiser without moments leaves it
            history = History(losses(bench.earliest.pipeline, STEPS))
        except NonFiniteError as error:
            return Outcome("fail", {"step": error.step}, "the loss is no longer finite")
    if back := [row["rollback"]["from"] for row in history.rows if "rollback" in row]:
        return Outcome(
            "warn",
            {"diverged_at": back},
            "training diverged, and continued from a checkpoint with a lower learning rate",
        )
    values = [row["denoise"] for row in history.rows if "denoise" in row]
    if len(values) < 3:
        absent("too few logged losses")
    if any(v is None or not math.isfinite(v) for v in values):
        return Outcome("fail", {"rows": len(values)}, "losses are not finite")
    return judged_trend([float(v) for v in values], history, logged)


def losses(pipeline: Pipeline, steps: int) -> list[dict[str, float]]:
    """Return the denoising losses of the first steps of a copy."""
    copy = pipeline.fresh()
    with suppress(NotOffered):
        copy = pipeline.fresh(constant_rate=True)
    return [{"denoise": float(need(copy.step().terms, NO_LOSSES).denoise.detach())} for _ in range(steps)]


def judged_trend(values: list[float], history: History, logged: bool) -> Outcome:
    """Return what a sequence of losses says.

    Losses fall over decades and single batches scatter with them, so that a rise is one to be warned of, and a failure
    where it comes back to where training began. A leap that is made good again is a failure of a run's own log alone:
    the doctor's steps, of small batches at the full rate, are rougher than any run's.
    """
    third = max(1, len(values) // 3)
    start, middle, end = (statistics.median(part) for part in (values[:third], values[third:-third], values[-third:]))
    began, top = max(values[:third]), max(values[third:])
    jump = max(value / max(statistics.median(values[i : i + third]), 1e-30) for i, value in enumerate(values[third:]))
    evidence = {"first": start, "middle": middle, "last": end, "largest_jump": jump, "rows": len(values)}
    rises, leaves = end > limit("divergence") * min(start, middle), jump > limit("excursion")
    if rises and end > limit("lost") * began:
        return Outcome("fail", evidence, "the losses diverge")
    if leaves and top > limit("far out") * began:
        back = statistics.median(values[-3:]) < began
        says = "the losses jump and recover" if back else "the losses jump"
        return Outcome("fail" if logged or not back else "warn", evidence, says)
    final, trivial = history.final, history.trivial
    if final is not None and trivial is not None and not final < limit("plateau") * trivial:
        evidence |= {"validation": final, "trivial": trivial}
        return Outcome("warn", evidence, "the error is at the level of a trivial predictor")
    if rises or leaves:
        return Outcome("warn", evidence, "the losses rise again, but not to where they began")
    return Outcome("pass", evidence)
