"""Random graphs in the plane: every node links to some of its nearest neighbours."""

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor


def nearest_neighbour_links(
    size: int, n: int, most: int, generator: torch.Generator, dtype: torch.dtype = torch.float32
) -> Bool[Tensor, "b n n"]:
    """Return the links of `size` graphs on `n` points uniform in the unit square, from rows to columns, none to itself.

    Every node draws how many links it makes, uniformly from 1 to `most`, and makes them to that many nearest others.
    The points are forgotten. Source: the released generator of Du et al. 2024, after Graves et al. 2016.
    """
    device = generator.device
    points = torch.rand((size, n, 2), generator=generator, device=device, dtype=dtype)
    count = torch.randint(1, most + 1, (size, n, 1), generator=generator, device=device)
    across, up = points.unbind(-1)
    squared = (across[:, :, None] - across[:, None]).square_()
    squared.add_((up[:, :, None] - up[:, None]).square_())
    squared.diagonal(dim1=1, dim2=2).fill_(torch.inf)
    return squared <= ordered(squared).gather(2, count - 1)


def ordered(values: Float[Tensor, "*rows n"]) -> Float[Tensor, "*rows n"]:
    """Return every row in rising order; on the CPU by NumPy, which sorts short rows five times as fast."""
    return torch.from_numpy(np.sort(values.numpy())) if values.is_cpu else values.sort(-1).values
