"""Gradient accumulation: a step in parts is the same step."""

from ravine.doctor.bench import Bench
from ravine.doctor.finding import Outcome, judged
from ravine.doctor.pipeline import absent
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit


@check(
    "D511",
    "the step does not depend on gradient accumulation",
    "divide each part's loss by the number of parts, and share one draw between them",
    rests_on=("D101", "D109", "D317", "D407", "D505", "D509"),
)
def accumulation(bench: Bench) -> Outcome:
    """Compare the gradient of one step in one, two and four parts.

    Parts that share one draw add up to the same gradient. Parts that draw for themselves give another one, which is
    twice as long for two of them if they are not averaged.
    """
    found = {}
    for parts in (1, 2, 4):
        seen = bench.at_work(accumulation=parts).step()
        if seen.gradient is None or seen.gradient_norm is None:
            absent("its training step does not show the gradient")
        found[parts] = (seen.gradient.double() / seen.gradient.double().norm().clamp(min=1e-300), seen.gradient_norm)
    cosines = {parts: float(unit @ found[1][0]) for parts, (unit, _) in found.items()}
    norms = {parts: norm / max(found[1][1], 1e-300) for parts, (_, norm) in found.items()}
    shared = min(cosines.values()) > limit("same draw")
    several = {parts: norm for parts, norm in norms.items() if parts > 1}
    averaged = all(norm < limit("summed parts") * parts for parts, norm in several.items())
    holds = all(abs(norm - 1) < 0.02 for norm in several.values()) if shared else averaged
    told = {"norm_over_one_part": named(norms), "cosine": named(cosines)}
    return judged(holds, "parts add up to another gradient", **told)


def named(values: dict[int, float]) -> dict[str, float]:
    """Return values by number of parts under names."""
    return {str(parts): value for parts, value in values.items()}
