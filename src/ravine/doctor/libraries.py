"""Whose code a source file is, by the folder that its package lies in."""

import sysconfig
from functools import cache
from pathlib import Path

import torch

OURS = Path(__file__).parents[1]
LIBRARIES = (*(Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")), Path(torch.__file__).parent)
GENERATED = ("<frozen", "<@")
"""What the file names of Python's own frozen modules and of run-time type checkers' code begin with."""
INSTALLED = {"site-packages", "dist-packages"}
"""Folders that packages are installed in, of whatever environment."""


@cache
def of_library(file: str) -> bool:
    """Return whether a source file is a library's: Python's own, PyTorch's, or installed, but not ravine's."""
    path = Path(file)
    if path.is_relative_to(OURS):
        return False
    if file.startswith(GENERATED):
        return True
    return not INSTALLED.isdisjoint(path.parts) or any(path.is_relative_to(place) for place in LIBRARIES)
