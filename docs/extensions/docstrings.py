"""Docstrings are plain text with `code`: whatever else reStructuredText would take for markup is escaped."""

import re
from typing import Any

SPECIAL = re.compile(r"([*|\\]|(?<=\w)_(?=\W|$))")


def escaped(line: str) -> str:
    """Return a line with markup escaped outside of `code`."""
    parts = re.split(r"(`[^`]*`)", line)
    return "".join(part if place % 2 else SPECIAL.sub(r"\\\1", part) for place, part in enumerate(parts))


def plain(app: Any, what: str, name: str, thing: object, options: Any, lines: list[str]) -> None:
    """Escape the lines of a docstring in place."""
    lines[:] = [escaped(line) for line in lines]


def setup(app: Any) -> dict[str, bool]:
    """Ask for every docstring."""
    app.connect("autodoc-process-docstring", plain)
    return {"parallel_read_safe": True}
