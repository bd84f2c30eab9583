"""The arithmetic of products; weights, moments, energies, losses and answers are float32 in all of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch

from ravine.errors import ConfigurationError

Precision = Literal["float32", "tf32", "bfloat16"]


@contextmanager
def products(precision: Precision) -> Iterator[None]:
    """Let a GPU round the factors of float32 products to TF32's 10 bits within, where that is asked for.

    PyTorch has one switch for it, which is put back as it was.
    """
    if precision != "tf32":
        yield
        return
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


@contextmanager
def arithmetic(precision: Precision, device: torch.device) -> Iterator[None]:
    """Compute products on a device in a precision for as long as the block lasts; bfloat16 by PyTorch's autocast."""
    with products(precision), torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16"):
        yield


def check(precision: Precision, device: torch.device, field: str) -> None:
    """Raise a `ConfigurationError` that names the `field` for an arithmetic that the device has not got."""
    if precision == "tf32" and device.type != "cuda":
        raise ConfigurationError(
            f"{field}: tf32 is a GPU's arithmetic; write float32, or bfloat16, which many processors have"
        )
