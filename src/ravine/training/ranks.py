"""The processes that share one run: each takes its part of the same draw, and all take the same step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, distributed, nn

from ravine.training.directory import RunDirectory, State

T = TypeVar("T")


@dataclass(frozen=True)
class Ranks:
    """Process `rank` of `size` that train one run together; alone, every method returns what it is given.

    Every process draws the whole step from the same generators and keeps the same state, so that a run of `size`
    processes differs from the run of one by nothing but the order of summation, and goes on from its checkpoints.
    """

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this process writes, validates and scores."""
        return self.rank == 0

    def told(self) -> dict[str, int]:
        """Return what a run's environment says of its processes, where there are several."""
        return {"processes": self.size} if self.size > 1 else {}

    def name(self) -> str:
        """Return which process this is, before what it says, where there are several."""
        return f"process {self.rank} of {self.size}: " if self.size > 1 else ""

    def own(self, parts: Sequence[T]) -> Sequence[T]:
        """Return this process's share of a step's parts, whose number `size` divides."""
        share = len(parts) // self.size
        return parts[self.rank * share : (self.rank + 1) * share]

    def every(self, own: Sequence[T]) -> list[T]:
        """Return the values of all processes' parts, in the order of the step's parts."""
        if self.size == 1:
            return list(own)
        gathered: list[Any] = [None] * self.size
        distributed.all_gather_object(gathered, list(own))
        return [value for values in gathered for value in values]

    def any(self, asked: bool) -> bool:
        """Return whether any process says yes."""
        return any(self.every([asked]))

    def average_gradients(self, module: nn.Module) -> None:
        """Replace the gradients by their means over processes; a parameter has none where no process has one."""
        if self.size == 1:
            return
        parameters = list(module.parameters())
        mine = [parameter.grad is not None for parameter in parameters]
        somewhere = [any(having) for having in zip(*self.every([mine]), strict=True)]
        used = [parameter for parameter, has in zip(parameters, somewhere, strict=True) if has]
        for parameter in used:
            parameter.grad = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        gradients = [parameter.grad for parameter in used if parameter.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        distributed.all_reduce(flat)
        start = 0
        for gradient in gradients:
            gradient.copy_(flat[start : start + gradient.numel()].reshape(gradient.shape) / self.size)
            start += gradient.numel()

    def all(self, holds: Tensor) -> Tensor:
        """Return whether something holds, a scalar, in every process."""
        if self.size == 1:
            return holds
        least = holds.to(torch.int32)
        distributed.all_reduce(least, distributed.ReduceOp.MIN)
        return least > 0


ALONE = Ranks()


class Bystander(RunDirectory):
    """A run's directory for a process that leaves writing to the first and tells of nothing but its own failure."""

    def claim(self, config: Mapping[str, Any]) -> None:
        """Claim nothing."""

    def set_status(self, state: State, step: int, seconds: float, **details: Any) -> None:
        """Write the status where the run failed here, and nowhere else."""
        if state == "failed":
            super().set_status(state, step, seconds, **details)

    def append(self, row: Mapping[str, Any]) -> None:
        """Write nothing."""

    def sync(self) -> None:
        """Write nothing."""

    def forget_after(self, step: int) -> None:
        """Write nothing."""
