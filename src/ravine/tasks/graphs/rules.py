"""What needs no energy: a constant, everything within some links, and the exact method."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.baselines import Predictor
from ravine.tasks.graphs.closure import closure, within
from ravine.tasks.signs import signs


class Rule(ABC):
    """A way to say which nodes are joined, which needs no training problems."""

    trivial = True

    @abstractmethod
    def joined(self, links: Bool[Tensor, "b n n"]) -> Bool[Tensor, "b n n"]:
        """Return which nodes the rule takes to be joined."""

    def fit(self, batches: Iterator[Batch]) -> Predictor:
        """Return the rule as a predictor; it needs no `batches`."""
        return lambda problems: signs(self.joined(problems.x[..., 0] > 0), problems.y.dtype)


class AllJoined(Rule):
    """Takes every graph for connected."""

    def joined(self, links: Bool[Tensor, "b n n"]) -> Bool[Tensor, "b n n"]:
        """Return true everywhere."""
        return torch.ones_like(links)


@dataclass(frozen=True)
class WithinHops(Rule):
    """Takes nodes at most `hops` links apart for joined, and no others."""

    hops: int

    def joined(self, links: Bool[Tensor, "b n n"]) -> Bool[Tensor, "b n n"]:
        """Return which nodes are so near."""
        return within(links, self.hops)


class Closure(Rule):
    """The transitive closure by Boolean squaring: the exact method, not a trivial predictor."""

    trivial = False

    def joined(self, links: Bool[Tensor, "b n n"]) -> Bool[Tensor, "b n n"]:
        """Return which nodes a path joins."""
        return closure(links)
