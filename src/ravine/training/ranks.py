"""The processes that share one run: each takes its part of the same draw, and all take the same step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from jaxtyping import Float
from torch import Tensor, distributed

from ravine.training.directory import RunDirectory, State

T = TypeVar("T")


@dataclass(frozen=True)
class Ranks:
    """Process `rank` of `size` that train one run together; alone, every method returns what it is given.

    Every process draws the whole step from the same generators and keeps the same state, so that a run of `size`
    processes is the run of one that computes the same parts, and goes on from its checkpoints.
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

    def exchange(self, shares: Float[Tensor, "size *shape"]) -> Float[Tensor, "size *shape"]:
        """Return what every process has for this one, in their order; row r of `shares` is for process r."""
        if self.size == 1:
            return shares
        received = torch.empty_like(shares)
        distributed.all_to_all_single(received, shares.contiguous())
        return received

    def gather(self, own: Float[Tensor, "*shape"]) -> Float[Tensor, "size *shape"]:
        """Return the equal tensors that the processes have, in their order."""
        if self.size == 1:
            return own[None]
        gathered = [torch.empty_like(own) for _ in range(self.size)]
        distributed.all_gather(gathered, own)
        return torch.stack(gathered)

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
