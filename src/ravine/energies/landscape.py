"""How an energy is told its landscape: sinusoids of `k` and a small network on them."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ravine.energies.initial import linear


class LandscapeEmbedding(nn.Module):
    """Maps landscapes to vectors: sinusoids of `k`, Linear, GELU, Linear.

    Since there are only K landscapes, the network runs on a table of K rows and each problem picks its row, as a
    product with a one-hot matrix so that the gradient is deterministic on every device. There are as many sinusoids
    as entries of the vector, unless their number is given.
    """

    def __init__(
        self, landscapes: int, width: int, generator: torch.Generator, sinusoid_count: int | None = None
    ) -> None:
        super().__init__()
        self.landscapes = landscapes
        count = sinusoid_count or width
        self.first = linear(count, width, generator)
        self.second = linear(width, width, generator)
        self.register_buffer("sinusoids", sinusoids(landscapes, count), persistent=False)

    def table(self) -> Float[Tensor, "K width"]:
        """Return the embedding of every landscape."""
        sinusoids = self.get_buffer("sinusoids")
        embedding: Tensor = self.second(nn.functional.gelu(self.first(sinusoids)))
        return embedding

    def one_hot(self, k: Int[Tensor, " b"], like: Tensor) -> Float[Tensor, "b K"]:
        """Return the matrix that picks each problem's row of a table of landscapes, in the type of `like`."""
        # PyTorch's own one_hot checks its argument's range, which waits for the device.
        return (k[:, None] == torch.arange(self.landscapes, device=k.device)).to(like.dtype)


def sinusoids(landscapes: int, width: int) -> Float[Tensor, "K width"]:
    """Return `width / 2` sines, then as many cosines, of k times frequencies exp(-i ln(10000) / (width / 2 - 1))."""
    half = width // 2
    frequency = torch.exp(torch.arange(half) * (-math.log(10000) / (half - 1)))
    angle = torch.arange(landscapes)[:, None] * frequency[None, :]
    return torch.cat([angle.sin(), angle.cos()], dim=1)
