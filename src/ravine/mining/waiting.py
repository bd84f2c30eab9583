"""A guard under which whatever waits for the device raises: a mask as an index, or a value read back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

MASKS = (torch.bool, torch.uint8)
CALLS = {"tolist", "numpy", "__array__", "cpu"}
"""Methods that copy values to the host; on the CPU no operation shows it."""

OPERATIONS = {
    "_local_scalar_dense",
    "nonzero",
    "masked_select",
    "equal",
    "is_nonzero",
    "allclose",
    "bincount",
    "_unique2",
    "unique_consecutive",
    "unique_dim",
}
"""Operations whose result, or its shape, is made of values."""


@contextmanager
def no_waiting() -> Iterator[None]:
    """Raise an `AssertionError` at everything inside that waits for the device."""
    with Calls(), Operations():  # type: ignore[no-untyped-call]
        yield


class Calls(TorchFunctionMode):
    """What is written: an assignment by a mask becomes another operation in every version of PyTorch."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name = getattr(func, "__name__", "")
        assert name not in CALLS, f"{name} waits for the device"
        if name in {"__getitem__", "__setitem__"}:
            refuse_masks("indexing", args[1] if isinstance(args[1], tuple | list) else (args[1],))
        return func(*args, **(kwargs or {}))


class Operations(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """What is carried out, however it is written."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name, named = func.overloadpacket.__name__, kwargs or {}
        assert name not in OPERATIONS, f"{name} waits for the device"
        if name in {"index", "index_put", "index_put_"}:
            refuse_masks(name, args[1])
        counts = name == "repeat_interleave" and named.get("output_size") is None
        assert not counts, f"{name} by a tensor of counts without output_size waits for the device"
        return func(*args, **named)


def refuse_masks(name: str, index: tuple[Any, ...] | list[Any]) -> None:
    """Raise an `AssertionError` where part of an index is a mask: how many entries it has must be read back."""
    masks = [part for part in index if isinstance(part, Tensor) and part.dtype in MASKS]
    assert not masks, f"{name} with a boolean mask waits for the device"
