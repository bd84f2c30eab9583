"""Facts as numbers."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def signs(true: Bool[Tensor, "*shape"], dtype: torch.dtype) -> Float[Tensor, "*shape"]:
    """Return +1 where true, -1 elsewhere."""
    return 2 * true.to(dtype) - 1
