"""Sizes over the entries that are free: given ones neither move nor count."""

from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch


def squared_length(offset: Float[Tensor, "b *answer"], batch: Batch) -> Float[Tensor, " b"]:
    """Return the sum of squares of each row's free entries."""
    return batch.free(offset).flatten(1).square().sum(1)


def root_mean_square(offset: Float[Tensor, "b *answer"], batch: Batch) -> Float[Tensor, " b"]:
    """Return the root mean square of each row's free entries, 0 where none is free."""
    count = batch.free(offset.new_ones(()).expand_as(offset)).flatten(1).sum(1)
    return (squared_length(offset, batch) / count.clamp(min=1)).sqrt()
