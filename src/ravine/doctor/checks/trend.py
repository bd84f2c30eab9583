"""The trend of the losses: of the run's own log, or of a short training of the doctor's."""

import math
import statistics
from collections.abc import Sequence

from ravine.doctor.bench import Bench
from ravine.doctor.finding import Outcome
from ravine.doctor.pipeline import History, NotOffered, Pipeline, absent
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
    """Return the losses of a short training of a copy, those of trained weights after one of initial weights."""
    rows = losses(bench.pipeline, STEPS)
    try:
        return rows if bench.beginning is bench else [*losses(bench.beginning.pipeline, 1), *rows]
    except NotOffered:
        return rows


def losses(pipeline: Pipeline, steps: int) -> list[dict[str, float]]:
    """Return the denoising losses of the next steps of a copy."""
    copy, rows = pipeline.fresh(constant_rate=True), []
    for _ in range(steps):
        terms = copy.step().terms
        if terms is None:
            absent("its training step does not show its losses")
        rows.append({"denoise": float(terms.denoise)})
    return rows


def judged_trend(values: list[float], history: History) -> Outcome:
    """Return what a sequence of losses says.

    Losses fall over decades and single batches scatter with them, so that a rise is one to be warned of, and a failure
    where it comes back to where training began.
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
        return Outcome("fail", evidence, "the losses leave and come back")
    final, trivial = history.final, history.trivial
    if final is not None and trivial is not None and not final < limit("plateau") * trivial:
        evidence |= {"validation": final, "trivial": trivial}
        return Outcome("warn", evidence, "the error stands at a trivial predictor's level")
    if rises or leaves:
        return Outcome("warn", evidence, "the losses rise again, if not to where they began")
    return Outcome("pass", evidence)
