"""What every miner's result must satisfy, checked without waiting for the device."""

import torch
from jaxtyping import Float, Int
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


def check_shape(arm: str, negatives: Tensor, context: MiningContext) -> None:
    """Raise a `MiningError` unless `negatives` is (b, s, ...) for the context's (b, ...) answers, in their type."""
    y = context.batch.y
    if negatives.dim() != y.dim() + 1 or (negatives.shape[0], *negatives.shape[2:]) != y.shape:
        raise MiningError(f"arm {arm!r}: negatives are {tuple(negatives.shape)} for answers {tuple(y.shape)}")
    if negatives.dtype != y.dtype or negatives.device != y.device:
        raise MiningError(f"arm {arm!r}: negatives are {negatives.dtype} on {negatives.device}, not as the answers")


def first_violation(negatives: Float[Tensor, "b s *answer"], context: MiningContext) -> Int[Tensor, "2"]:
    """Return (rule, row) of the first broken rule's first row, or (-1, -1); nothing is read back from the device."""
    right = context.batch.y[:, None]
    given = context.batch.given
    held = negatives == right
    moved = torch.zeros_like(held) if given is None else given[:, None] & ~held
    broken = (~negatives.isfinite(), negatives.abs() > context.bound * (1 + SLACK), moved)
    right_again = held.flatten(2).all(2).any(1)
    rows = torch.stack([*(entries.flatten(1).any(1) for entries in broken), right_again]).flatten()
    first = rows.to(torch.uint8).argmax()
    found = torch.stack([first // len(negatives), first % len(negatives)])
    return torch.where(rows.any(), found, -1)
