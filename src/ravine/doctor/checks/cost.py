"""What mining and data cost: no evaluation, graph or wait that is not needed."""

from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode

from ravine.doctor.bench import SEED, Bench
from ravine.doctor.finding import Outcome, judged
from ravine.doctor.pipeline import absent
from ravine.doctor.registry import check
from ravine.mining.waiting import no_waiting


class Counted(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """A mode that counts operations."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operations = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        self.operations += 1
        return func(*args, **(kwargs or {}))


@check(
    "D408",
    "mining builds no graph, evaluates each point once and waits for nobody",
    "refine under no_grad, reuse each point's energy and gradient, and mask with where instead of indexing",
)
def frugal(bench: Bench) -> Outcome:
    """Count evaluations, look for a graph in the negatives, and forbid reading values back."""
    evidence: dict[str, list[int]] = {}
    holds = True
    for arm in bench.arms:
        recipe, found = bench.pipeline.recipe(arm), bench.mined(arm)
        graph = int(found.negatives.requires_grad)
        waits = int(waits_for_device(bench, arm))
        spent = -1 if found.evaluations is None else found.evaluations
        needs = recipe.selection in {"lowest", "most-deceptive"}
        most = recipe.candidates * (recipe.steps + 1 if recipe.steps else int(needs))
        holds &= not graph and not waits and spent <= most
        evidence[arm] = [spent, most, graph, waits]
    return judged(holds, "mining costs more than it must", evaluations_needed_graph_waits=evidence)


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


@check(
    "D523",
    "problems are made all at once",
    "make batches in one vectorised call, not problem by problem",
)
def vectorised(bench: Bench) -> Outcome:
    """Count the operations that make 8 and 64 problems."""
    counts = []
    for size in (8, 64):
        with Counted() as counted:
            bench.pipeline.problems(size, SEED)
        counts.append(counted.operations)
    if not all(counts):
        absent("its problems are not made by PyTorch")
    return judged(counts[1] <= 1.5 * counts[0], "the work grows with the batch", operations_for_8_and_64=counts)
