"""Whose code an error was raised in, and where: the pipeline's, its adapter's, or what the doctor makes of both."""

import inspect
import traceback
from contextlib import suppress
from pathlib import Path
from types import FrameType

from ravine.doctor.libraries import OURS, of_library

ADAPTERS = OURS / "doctor" / "adapters"


def noted(error: BaseException) -> str:
    """Return what was noted at an error on its way: whose code raised it."""
    return "".join(f"{note}: " for note in getattr(error, "__notes__", ()))


def told(error: BaseException) -> str:
    """Return an error's type and text in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())


def ours(file: str) -> bool:
    """Return whether a source file is ravine's own, and no adapter that it ships."""
    return Path(file).is_relative_to(OURS) and not Path(file).is_relative_to(ADAPTERS)


def place(error: BaseException) -> str:
    """Return the last line outside of libraries that an error passed through, or its first of all."""
    frames = list(traceback.walk_tb(error.__traceback__))
    names = [(frame.f_code.co_filename, line) for frame, line in frames]
    outside = [at for at in names if not of_library(at[0])]
    file, line = next((at for at in reversed(outside) if not ours(at[0])), outside[-1] if outside else names[0])
    return f"{Path(file).name}:{line}"


def of_the_adapter(error: BaseException, adapter: type) -> bool:
    """Return whether an error was raised in an adapter's own methods, or in what the doctor makes of its answers."""
    if adapter.__module__.startswith("ravine.doctor.own"):
        return False
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    outside = [f for f in frames if not of_library(f.f_code.co_filename) and not ours(f.f_code.co_filename)]
    return not outside or method_of(outside[-1], adapter)


def method_of(frame: FrameType, adapter: type) -> bool:
    """Return whether a frame runs a method of an adapter's class, or a function inside of one."""
    for kind in adapter.__mro__[:-1]:
        with suppress(TypeError):  # a class of no file
            here = frame.f_code.co_filename == inspect.getfile(kind)
            if here and frame.f_code.co_qualname.startswith(f"{kind.__qualname__}."):
                return True
    return False
