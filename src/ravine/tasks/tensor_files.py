"""Tensors that other people saved, with PyTorch or as safetensors, read so that nothing in the file is executed."""

from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from ravine.errors import InputError


def read_plain(file: Path) -> Any:
    """Return what a file holds, on the CPU: the tensors by name of a `.safetensors`, or what PyTorch saved.

    An `InputError` says if there is no such file, or one of anything but plain tensors: no pickle is executed.
    """
    try:
        if file.suffix == ".safetensors":
            return safetensors.torch.load(file.read_bytes())
        return torch.load(file, map_location="cpu", weights_only=True)
    except OSError as error:
        raise InputError(f"{file}: {error.strerror or error}; name the file that is there") from None
    except Exception as error:  # neither reader has an error of its own: a foreign file can fail in any way
        raise InputError(
            f"{file}: no plain tensors, and nothing else is read, as it could execute code; save them by torch.save"
        ) from error


def read_tensor(file: Path) -> Tensor:
    """Return the one tensor that a file holds; errors as `read_plain`."""
    content = read_plain(file)
    if not isinstance(content, Tensor):
        raise InputError(f"{file}: holds a {type(content).__name__}, not one tensor")
    return content
