"""Stopping and going on, and seeds."""

from contextlib import suppress

from ravine.doctor.bench import SEED, Bench
from ravine.doctor.checks.fields import flat
from ravine.doctor.finding import Outcome, judged
from ravine.doctor.oracle import apart
from ravine.doctor.pipeline import NO_GRADIENT, NotOffered, need
from ravine.doctor.registry import check

COUNTED = "store the counter in the checkpoint and restore it before the first resumed step"


@check(
    "D516",
    "a resumed run equals one that was never stopped",
    "store weights, average, optimiser moments, generators and memories, and restore all of them",
)
def exact(bench: Bench) -> Outcome:
    """Compare the whole state after five steps with and without a stop after three.

    A pipeline that can only be restored must have its weights again, and not those of another seed's beginning.
    """
    restored = None
    with suppress(NotOffered):
        copy = bench.pipeline.fresh()
        copy.step()
        off = apart(flat(copy.reloaded()), flat(copy))
        if not off <= 1e-6:
            advice = "save and load under the same names, and let loading fail where one is missing (strict=True)"
            return Outcome("fail", {"difference": off}, "a checkpoint does not restore the weights", advice)
        restored = Outcome("pass", {"difference": off})
    try:
        found = bench.pipeline.resumed(5, 3)
    except NotOffered:
        return need(restored, "no checkpoints")
    if [found.clock_at_resume, *found.clocks] != [found.stopped_at, found.steps, found.steps]:
        counted = {"stopped_at": found.stopped_at, "resumed_at": found.clock_at_resume, "ends": list(found.clocks)}
        return Outcome("fail", counted, "the step counter does not continue where it stopped", COUNTED)
    if found.whole.keys() != found.resumed.keys():
        return Outcome(
            "fail", {"differing": len(found.whole.keys() ^ found.resumed.keys())}, "parts of the state are missing"
        )
    differing = [n for n, value in found.whole.items() if not bool((value == found.resumed[n]).all())]
    says = "state that differs after a resume: " + ", ".join(differing[:3])
    return judged(not differing, says, tensors=len(found.whole), differing=len(differing))


@check(
    "D515", "different seeds give different runs", "derive weights, problems, noise and mining from the run's own seed"
)
def seeds(bench: Bench) -> Outcome:
    """Build the run with another seed: weights, problems and gradients must be others, the same seed's equal."""
    one, again, other = (bench.pipeline.fresh(seed=seed) for seed in (SEED, SEED, SEED + 1))
    weights = apart(flat(again), flat(one)), apart(flat(other), flat(one))
    batches = [p.training_problems().y for p in (one, again, other)]
    problems = apart(batches[1], batches[0]), apart(batches[2], batches[0])
    gradients = [need(p.step().whole_gradient, NO_GRADIENT) for p in (one, again, other)]
    steps = apart(gradients[1], gradients[0]), apart(gradients[2], gradients[0])
    evidence = {"weights": list(weights), "problems": list(problems), "gradients": list(steps)}
    holds = all(same < 1e-3 and another > 1e-3 for same, another in (weights, problems, steps))
    return judged(holds, "seeds do not decide what they should", difference_same_seed_other_seed=evidence)
