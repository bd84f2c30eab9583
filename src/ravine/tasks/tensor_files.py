"""Tensors that other people saved with PyTorch, read so that nothing in the file is executed."""

from pathlib import Path

import torch
from torch import Tensor

from ravine.errors import InputError


def read_tensor(file: Path) -> Tensor:
    """Return the one tensor that a `.pt` file holds, on the CPU.

    An `InputError` says if there is no such file, or one of anything but a plain tensor: no pickle is executed.
    """
    try:
        content = torch.load(file, map_location="cpu", weights_only=True)
    except OSError as error:
        raise InputError(f"{file}: {error.strerror or error}; name the folder that holds it") from None
    except Exception as error:  # torch.load has no error of its own: a foreign file can fail in any way
        raise InputError(
            f"{file}: no plain tensor, and nothing else is read, as it could execute code; save it by torch.save"
        ) from error
    if not isinstance(content, Tensor):
        raise InputError(f"{file}: holds a {type(content).__name__}, not one tensor")
    return content
