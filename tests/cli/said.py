"""What tests of the command line ask of it: the type of its caller, its one-line errors, a folder's content."""

import subprocess
from collections.abc import Callable
from pathlib import Path

Ravine = Callable[..., subprocess.CompletedProcess[str]]


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """Return the one line of an error that a user can cause."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("ravine: ")
    return line


def contents(folder: Path) -> dict[str, bytes]:
    """Return the content of every file below the folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
