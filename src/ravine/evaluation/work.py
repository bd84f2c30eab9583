"""What an evaluation of an energy costs, counted and not timed: the same on every machine."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from ravine.batch import Batch
from ravine.diffusion import Diffusion
from ravine.energies.base import Energy

MULTIPLICATIONS = 16
"""Those of a product of matrices that take about as long as one entry written."""
PRODUCTS: Mapping[str, Callable[[Sequence[Any]], int]] = {
    "mm": lambda args: args[0].shape[-1],
    "bmm": lambda args: args[0].shape[-1],
    "addmm": lambda args: args[1].shape[-1],
    "baddbmm": lambda args: args[1].shape[-1],
    "convolution": lambda args: args[1][0].numel(),
    "convolution_backward": lambda args: args[2][0].numel(),
}
"""Multiplications for each entry that an operation returns, from its arguments."""


class Counter(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts something of the operations within it, from 0."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.count = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Return that PyTorch need not keep its compiler away: nothing is compiled here, and its import takes long."""
        return False


class Work(Counter):  # type: ignore[no-untyped-call]
    """Counts the entries that the operations within it return, and multiplications as entries."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Return what the operation `func` returns, counted."""
        made = func(*args, **(kwargs or {}))
        several = made if isinstance(made, tuple | list) else [made]
        entries = sum(one.numel() for one in several if isinstance(one, Tensor))
        inner = PRODUCTS.get(func.overloadpacket.__name__)
        self.count += entries + (0 if inner is None else entries * inner(args) // MULTIPLICATIONS)
        return made


@torch.no_grad()
def work_of(energy: Energy[Any], batch: Batch, diffusion: Diffusion) -> int:
    """Return the work of one evaluation, gradient included, at the right answer of the first problem of a batch.

    Memory is what the energies of graphs and boards wait for; products alone would not tell their costs.
    """
    first = batch.rows(slice(1))
    level = torch.zeros(1, dtype=torch.long, device=first.y.device)
    condition, point = energy.condition(first.x, level), diffusion.scale(first.y, level)
    work = Work()
    with work:
        energy.noise_and_energy(condition, point)
    return work.count
