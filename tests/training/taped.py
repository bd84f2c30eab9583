"""A recording of operations on the CPU: like a CUDA graph it holds numbers and addresses, and knows no Python."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ravine.seeding import Seeds, capture, restore
from ravine.training.engines.base import Generators, Work
from ravine.training.engines.captured import Record, Recording
from ravine.training.loop import Trainer
from ravine.training.step import Stepped

WAITS = {torch.ops.aten._local_scalar_dense.default, torch.ops.aten.nonzero.default}


class Tape(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes every operation and where its results lie; all of them stay alive, so that no address is used twice."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operations: list[tuple[Any, tuple[Any, ...], dict[str, Any], Any]] = []

    def __torch_dispatch__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Do an operation and note it; one that the host would wait for is a `RuntimeError`."""
        if function in WAITS:
            raise RuntimeError(f"{function} waits for the device")
        result = function(*args, **(kwargs or {}))
        self.operations.append((function, args, kwargs or {}, result))
        return result

    def replay(self) -> None:
        """Do all operations again, with the same numbers, on what lies at the same addresses."""
        with torch._C._AutoDispatchBelowAutograd():
            self._again()

    def _again(self) -> None:
        for function, args, kwargs, noted in self.operations:
            given = {place(leaf) for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)}
            again = function(*args, **kwargs)
            for old, new in zip(tree_leaves(noted), tree_leaves(again), strict=True):
                if isinstance(old, Tensor) and place(old) not in given:
                    old.copy_(new)


def place(tensor: Tensor) -> int:
    """Return where a tensor's memory begins, the same for all its views."""
    return tensor.untyped_storage().data_ptr()


def taped(*trainers: Trainer) -> Record:
    """Return how trainers' steps are recorded as by a GPU, without being taken: what they change is put back."""

    def record(work: Work, generators: Sequence[Generators]) -> tuple[Recording, list[Stepped]]:
        states = [capture(each) for each in generators]
        kept = [tensor for each in trainers for tensor in tensors(each).values()]
        kept += [
            tensor for each in trainers for tensor in (each.stepper.health.non_finite, each.stepper.health.violation)
        ]
        before, tape = [tensor.clone() for tensor in kept], Tape()
        with tape:
            stepped = work()
        for tensor, value in zip(kept, before, strict=True):
            tensor.copy_(value)
        for each, state in zip(generators, states, strict=True):
            restore(each, state, Seeds(0))
        return tape, stepped

    return record


def tensors(trainer: Trainer) -> dict[str, Tensor]:
    """Return the tensors of a trainer's state where they lie, generators' apart."""
    return {name: value for name, value in trainer.state.tensors().items() if not name.startswith("generator/")}
