"""What mining costs: no evaluation or graph that is not needed."""

from ravine.doctor.bench import Bench
from ravine.doctor.finding import Outcome, judged
from ravine.doctor.registry import check
from ravine.doctor.shown import Seen


@check(
    "D408",
    "mining builds no graph and evaluates each point once",
    "refine under no_grad, and reuse each point's energy and gradient",
)
def frugal(bench: Bench) -> Outcome:
    """Count evaluations, and look for a graph in the negatives."""
    evidence: dict[str, list[int]] = {}
    holds, kept = True, with_graph(bench)
    for arm in bench.arms:
        recipe, found = bench.pipeline.recipe(arm), bench.mined(arm)
        graph = int(found.negatives.requires_grad or arm in kept)
        spent = -1 if found.evaluations is None else found.evaluations
        needs = recipe.selection in {"lowest", "most-deceptive"}
        most = recipe.candidates * (recipe.steps + 1 if recipe.steps else int(needs))
        holds &= not graph and spent <= most
        evidence[arm] = [spent, most, graph]
    return judged(holds, "mining costs more than it must", evaluations_needed_graph=evidence)


def with_graph(bench: Bench) -> set[str]:
    """Return the arms whose points hold a graph in a second training step, when a memory holds those of the first."""
    pipeline, seen = bench.at_work(), Seen()
    for _ in range(2):
        seen = pipeline.step()
    return {arm for arm, points in (seen.arms or {}).items() if points.negatives.requires_grad}
