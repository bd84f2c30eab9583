"""What mining costs: no evaluation, graph or wait that is not needed."""

from ravine.doctor.bench import SEED, Bench
from ravine.doctor.finding import Outcome, judged
from ravine.doctor.pipeline import Seen
from ravine.doctor.registry import check
from ravine.mining.waiting import no_waiting


@check(
    "D408",
    "mining builds no graph, evaluates each point once and waits for nobody",
    "refine under no_grad, reuse each point's energy and gradient, and mask with where instead of indexing",
)
def frugal(bench: Bench) -> Outcome:
    """Count evaluations, look for a graph in the negatives, and forbid reading values back."""
    evidence: dict[str, list[int]] = {}
    holds, kept = True, with_graph(bench)
    for arm in bench.arms:
        recipe, found = bench.pipeline.recipe(arm), bench.mined(arm)
        graph = int(found.negatives.requires_grad or arm in kept)
        waits = int(waits_for_device(bench, arm))
        spent = -1 if found.evaluations is None else found.evaluations
        needs = recipe.selection in {"lowest", "most-deceptive"}
        most = recipe.candidates * (recipe.steps + 1 if recipe.steps else int(needs))
        holds &= not graph and not waits and spent <= most
        evidence[arm] = [spent, most, graph, waits]
    return judged(holds, "mining costs more than it must", evaluations_needed_graph_waits=evidence)


def with_graph(bench: Bench) -> set[str]:
    """Return the arms whose points hold a graph in a second training step, when a memory holds those of the first."""
    pipeline, seen = bench.at_work(), Seen()
    for _ in range(2):
        seen = pipeline.step()
    return {arm for arm, points in (seen.arms or {}).items() if points.negatives.requires_grad}


def waits_for_device(bench: Bench, arm: str) -> bool:
    """Return whether mining reads a value back from the device."""
    try:
        with no_waiting():
            bench.pipeline.mine(arm, bench.batch, bench.k, bench.proposals(arm), SEED)
    except AssertionError as error:
        if "waits for the device" not in str(error):
            raise
        return True
    return False
