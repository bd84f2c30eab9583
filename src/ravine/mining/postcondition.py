"""What every miner's result must satisfy, and which of it is no negative: checked without waiting for the device."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ravine.batch import by_problem
from ravine.errors import MiningError
from ravine.mining.context import MiningContext

RULES = (
    "is not finite",
    "leaves the bound",
    "moves a given entry",
)
SLACK = 1e-5


def check_form(arm: str, part: str, returned: object, shape: tuple[int, ...], like: Tensor) -> None:
    """Raise a `MiningError` unless what an arm's `part` returned is a tensor of `shape`, in the type of `like`."""
    got = form(tuple(returned.shape), returned) if isinstance(returned, Tensor) else type(returned).__name__
    if got != (wanted := form(shape, like)):
        raise MiningError(f"arm {arm!r}: {part} returned {got}, expected {wanted}")


def form(shape: tuple[int, ...], like: Tensor) -> str:
    """Return what tells tensors of one form from those of another: shape, type and device."""
    return f"a tensor {shape} of {like.dtype} on {like.device}"


def first_violation(negatives: Float[Tensor, "b s *answer"], context: MiningContext) -> Int[Tensor, "2"]:
    """Return (rule, row) of the first broken rule's first row, or (-1, -1); nothing is read back from the device."""
    given, largest = context.batch.given, negatives.flatten(1).abs().amax(1)  # NaN where any entry is
    moved = torch.zeros_like(largest, dtype=torch.bool)
    if given is not None:
        moved = (given[:, None] & (negatives != context.batch.y[:, None])).flatten(1).any(1)
    rows = torch.cat([~largest.isfinite(), largest > context.bound * (1 + SLACK), moved])
    first = rows.to(torch.uint8).argmax()
    found = torch.stack([first // len(negatives), first % len(negatives)])
    return torch.where(rows.any(), found, -1)


def right_answers(negatives: Float[Tensor, "b s *answer"], context: MiningContext) -> Bool[Tensor, "b s"]:
    """Return which mined points the task's own verifier takes for right answers: they are no negatives."""
    count = negatives.shape[1]
    return by_problem(context.task.solved(context.batch.repeat(count), negatives.flatten(0, 1)), count)
