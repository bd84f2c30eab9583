"""Agreement of tensors to within rounding, or the rule that is broken."""

import torch
from torch import Tensor


def assert_agree(
    ours: Tensor, expected: Tensor, broken: str, rtol: float | None = None, atol: float | None = None
) -> None:
    """Raise an `AssertionError` that begins with the rule `broken` unless the tensors agree."""
    torch.testing.assert_close(ours, expected, rtol=rtol, atol=atol, msg=lambda details: f"{broken}: {details}")
