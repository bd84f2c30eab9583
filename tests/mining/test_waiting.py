"""Whatever waits for the device is seen, in whatever way it is written and whatever PyTorch makes of it."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from ravine.mining.waiting import Calls, no_waiting

VALUES = torch.arange(12.0).reshape(3, 4)
MASK = VALUES > 5
MASKED: dict[str, Callable[[Tensor], object]] = {
    "assigned": lambda z: z.__setitem__(MASK, 0.5),
    "assigned a tensor": lambda z: z.__setitem__(MASK, torch.ones(1)),
    "of rows": lambda z: z.__setitem__(MASK[:, 0], 0.5),
    "behind a slice": lambda z: z.__setitem__((slice(None), MASK[0]), 0.5),
    "read": lambda z: z[MASK],
    "of bytes": lambda z: z[MASK[:, 0].byte()],
}
OTHERS: dict[str, Callable[[Tensor], object]] = {
    "number": float,
    "list": Tensor.tolist,
    "array": lambda z: z.numpy(),
    "host": Tensor.cpu,
    "index_put": lambda z: z.index_put_((MASK,), torch.tensor(0.5)),
    "nonzero": lambda z: torch.where(z > 5),
    "unique": lambda z: torch.unique(z),
    "counts": lambda z: z.repeat_interleave(torch.tensor([1, 2, 1]), 0),
    "allclose": lambda z: z.allclose(z),
}
FREE: dict[str, Callable[[Tensor], object]] = {
    "where": lambda z: torch.where(MASK, z, 0.5),
    "filled": lambda z: z.masked_fill(MASK, 0.5),
    "picked": lambda z: z[torch.tensor([2, 0])],
    "part": lambda z: z.__setitem__((slice(None), 0), 0.5),
    "repeated": lambda z: z.repeat_interleave(2, 0),
}


@pytest.mark.parametrize("way", [*MASKED, *OTHERS])
def test_what_waits_raises(way: str) -> None:
    act = {**MASKED, **OTHERS}[way]
    values = VALUES.clone() if way != "number" else torch.tensor(1.0)
    with pytest.raises(AssertionError, match="waits for the device"), no_waiting():
        act(values)


@pytest.mark.parametrize("way", MASKED)
def test_a_mask_is_seen_before_it_becomes_an_operation(way: str) -> None:
    with pytest.raises(AssertionError, match="indexing with a boolean mask"), Calls():
        MASKED[way](VALUES.clone())


@pytest.mark.parametrize("way", FREE)
def test_what_does_not_wait_passes(way: str) -> None:
    with no_waiting():
        FREE[way](VALUES.clone())
