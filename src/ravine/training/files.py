"""Files of a run: written aside, synced and renamed; the names of its checkpoints. Needs no PyTorch to be read."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, Literal

from ravine.errors import OutputError

SUFFIX = ".safetensors"
Keep = Literal["all", "weights", "none"]
"""Checkpoints that a finished run keeps: all three that it has at most, its averaged weights alone, or none."""


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the system says of a failed write, which names no file, into an `OutputError` that names `path`."""
    try:
        yield
    except OSError as error:
        why = error.strerror or error
        raise OutputError(f"{path}: cannot be written ({why}); make room there or write elsewhere") from error


def write_atomically(path: Path, content: bytes) -> None:
    """Replace `path` by `content`; on failure nothing changes."""
    with replacing(path) as file, writing(path):
        file.write(content)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Yield a temporary file beside `path`; at the block's end, if that is reached, it is synced and renamed to it."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with ExitStack() as stack:
            with writing(path):
                file = stack.enter_context(aside.open("wb"))
            yield file
            with writing(path):
                file.flush()
                os.fsync(file.fileno())
        with writing(path):
            aside.replace(path)
            sync_folder(path.parent)
    finally:
        aside.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` last through a power failure."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def name_of(step: int) -> str:
    """Return the file name of the checkpoint after `step` steps."""
    return f"step-{step:09d}{SUFFIX}"


def newest(folder: Path) -> Path | None:
    """Return the newest checkpoint in `folder`, if there is one."""
    found = sorted(folder.glob(f"step-*{SUFFIX}"))
    return found[-1] if found else None


def step_of(checkpoint: Path) -> int:
    """Return the step that a checkpoint's file name tells."""
    return int(checkpoint.name.removeprefix("step-").removesuffix(SUFFIX))
