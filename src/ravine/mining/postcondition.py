"""What every miner's result must satisfy, checked without waiting for the device."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ravine.errors import MiningError
from ravine.mining.context import MiningContext

RULES = (
    "is not finite",
    "leaves the bound",
    "moves a given entry",
    "is the right answer itself",
)
SLACK = 1e-5


def check_form(arm: str, part: str, returned: object, shape: tuple[int, ...], like: Tensor) -> None:
    """Raise a `MiningError` unless what an arm's `part` returned is a tensor of `shape`, in the type of `like`."""
    got = form(tuple(returned.shape), returned) if isinstance(returned, Tensor) else type(returned).__name__
    if got != (wanted := form(shape, like)):
        raise MiningError(f"arm {arm!r}: {part} returned {got}, where {wanted} is wanted")


def form(shape: tuple[int, ...], like: Tensor) -> str:
    """Return what tells tensors of one form from those of another: shape, type and device."""
    return f"a tensor {shape} of {like.dtype} on {like.device}"


def first_violation(negatives: Float[Tensor, "b s *answer"], context: MiningContext) -> Int[Tensor, "2"]:
    """Return (rule, row) of the first broken rule's first row, or (-1, -1); nothing is read back from the device."""
    given = context.batch.given
    held = negatives == context.batch.y[:, None]
    moved = torch.zeros_like(held) if given is None else given[:, None] & ~held
    broken = (~negatives.isfinite(), negatives.abs() > context.bound * (1 + SLACK), moved)
    rows = torch.stack([*(entries.flatten(1).any(1) for entries in broken), right_again(held).any(1)]).flatten()
    first = rows.to(torch.uint8).argmax()
    found = torch.stack([first // len(negatives), first % len(negatives)])
    return torch.where(rows.any(), found, -1)


def right_again(held: Bool[Tensor, "b s *answer"]) -> Bool[Tensor, "b s"]:
    """Return which answers are the right one itself, from which of their entries are."""
    return held.flatten(2).all(2)
