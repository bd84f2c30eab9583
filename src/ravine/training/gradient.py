"""The gradient of a step as the sum of its parts, the same to the last bit however many processes share them."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ravine.training.ranks import Ranks


class PairwiseSum:
    """A sum of equal tensors by twos, neighbours first, as of the leaves of a balanced tree.

    2^m terms are a whole subtree of the sum of more, so that who adds them, and what is added elsewhere meanwhile,
    changes no bit. Terms are added in place: what is given is the sum's own from then on.
    """

    def __init__(self) -> None:
        self.sums: list[tuple[int, Tensor]] = []

    def add(self, term: Float[Tensor, "*shape"]) -> None:
        """Add one term."""
        level = 0
        while self.sums and self.sums[-1][0] == level:
            term, level = self.sums.pop()[1].add_(term), level + 1
        self.sums.append((level, term))

    def total(self) -> Float[Tensor, "*shape"]:
        """Return the sum of all terms, of which there is one at least."""
        total = self.sums.pop()[1]
        while self.sums:
            total = self.sums.pop()[1].add_(total)
        return total


class StepGradient:
    """Sums what the backward passes of a step's parts leave in a module's gradients, over all `ranks`.

    Of a step of one part (`parts`, those of all processes) the gradients stay as they are. A parameter has none in the
    end where no part has one.
    """

    def __init__(self, module: nn.Module, ranks: Ranks, parts: int) -> None:
        self.parameters = list(module.parameters())
        self.ranks, self.parts = ranks, parts
        self.used = [False] * len(self.parameters)
        self.sum = PairwiseSum()

    def take(self) -> None:
        """Take the gradients of one part, and leave none behind."""
        if self.parts == 1:
            return
        gradients = [parameter.grad for parameter in self.parameters]
        self.used = [used or gradient is not None for used, gradient in zip(self.used, gradients, strict=True)]
        filled = [
            torch.zeros_like(parameter) if gradient is None else gradient
            for parameter, gradient in zip(self.parameters, gradients, strict=True)
        ]
        self.sum.add(torch.cat([gradient.flatten() for gradient in filled]))
        for parameter in self.parameters:
            parameter.grad = None

    def put(self) -> None:
        """Leave the sum over all parts of all processes in the module's gradients."""
        if self.parts == 1:
            return
        total = self.summed(self.sum.total())
        used = [any(each) for each in zip(*self.ranks.every([self.used]), strict=True)]
        sizes = [parameter.numel() for parameter in self.parameters]
        for parameter, has, gradient in zip(self.parameters, used, torch.split(total, sizes), strict=True):
            parameter.grad = gradient.view_as(parameter).to(parameter.dtype) if has else None

    def summed(self, own: Float[Tensor, " size"]) -> Float[Tensor, " size"]:
        """Return the sum over processes: each adds up its share of the entries, in the order of the processes."""
        share = -(-len(own) // self.ranks.size)
        padded = nn.functional.pad(own, (0, share * self.ranks.size - len(own)))
        sum_of_share = PairwiseSum()
        for term in self.ranks.exchange(padded.view(self.ranks.size, share)):
            sum_of_share.add(term)
        return self.ranks.gather(sum_of_share.total()).flatten()[: len(own)]
