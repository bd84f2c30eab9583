"""Negatives are wrong answers, at least when training begins."""

from collections.abc import Mapping
from contextlib import suppress

from torch import Tensor

from ravine.doctor.bench import Bench
from ravine.doctor.finding import Outcome, below, judged, largest
from ravine.doctor.oracle import distances
from ravine.doctor.pipeline import NotOffered, need
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit
from ravine.errors import MiningError


@check(
    "D305",
    "negatives differ from the right answers",
    "propose farther away, and never take the positive as its own negative",
    cheap=True,
    rests_on=("D309",),
    explains=MiningError,
)
def wrong(bench: Bench) -> Outcome:
    """Measure how far negatives, and proposals, lie from their right answers, in the answer's own size.

    Negatives that were wrong when training began, and that a trained energy brings to right answers, are no fault of
    the pipeline: the energy has solved the problem, and mining has nothing left to find.
    """
    bench.several()
    shares = right_shares(bench)
    right = ", ".join(repr(arm) for arm, share in shares.items() if share > 0)
    says = f"arm {right}: negatives are right answers, or all of its proposals are"
    masked = {}
    with suppress(NotOffered):
        masked = {a: float(bench.right(bench.mined(a).negatives).any(1).double().mean()) for a in bench.contrasting}
    found = judged(not right, says, share_of_false_negatives=shares, share_masked_as_right=masked)
    if found.status == "fail" and bench.pipeline.trained_steps and learned(bench, shares):
        return Outcome("warn", found.evidence, "the energy solves these problems: its negatives end at right answers")
    if found.status == "pass" and not below(masked, limit("masked")):
        unlearned = not bench.pipeline.trained_steps
        says = "the task's verifier accepts nearly all that an arm mines as right, which leaves hardly any negatives"
        return Outcome("fail" if unlearned else "warn", found.evidence, says)
    return found


def right_shares(bench: Bench) -> dict[str, float]:
    """Return the share of right answers among negatives, as mined or as the loss has them, by arm.

    Or that of problems whose proposals all are right ones. Of points of a landscape the loss alone knows the noise.
    """
    shares = {}
    for arm in bench.contrasting:
        found = list[float]()
        with suppress(NotOffered):
            found.append(right_share(bench, bench.mined(arm).negatives))
        with suppress(NotOffered):
            found.append(right_share(bench, need(bench.loss(arm).negatives, "its loss does not show its negatives")))
        with suppress(NotOffered):
            found.append(float(are_right(bench, bench.proposals(arm)).amin(1).mean()))
        shares[arm] = largest(need(found or None, "neither its miner nor its loss shows its negatives"))
    return shares


def learned(bench: Bench, shares: Mapping[str, float]) -> bool:
    """Return whether right answers among negatives came with training: none at initial weights.

    Where those are not to be had, descent must account for them: proposals were wrong, and the energy knows it.
    """
    try:
        return max(right_shares(bench.beginning).values()) == 0
    except NotOffered:
        return all(descended_to(bench, arm) for arm, share in shares.items() if share > 0)


def descended_to(bench: Bench, arm: str) -> bool:
    """Return whether an arm's descent, and not its proposals, can have ended at right answers."""
    proposals, trained = bench.proposals_or_none(arm), bench.pipeline.trained_steps >= limit("trained steps")
    if not trained or proposals is None or bench.pipeline.recipe(arm).steps == 0:
        return False
    right = bench.energy(bench.scaled(bench.batch.y, bench.k))
    return right_share(bench, proposals) == 0 and bool((right[:, None] < bench.energies_of(proposals)).all())


def right_share(bench: Bench, answers: Tensor) -> float:
    """Return the share of answers, (b, m, ...), that are right ones."""
    return float(are_right(bench, answers).mean())


def are_right(bench: Bench, answers: Tensor) -> Tensor:
    """Return 1 for answers, (b, m, ...), nearer to the right one than a wrong one may be, else 0 or NaN, (b, m)."""
    far = distances(answers, bench.batch.y) / bench.spread[:, None]
    return (far < limit("false negative distance")) + 0 * far
