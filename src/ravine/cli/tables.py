"""Results on standard output: a table for people, JSON for machines."""

import json
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

Rows = Sequence[Sequence[str]]
FILE_WIDTH = 200
"""Columns of a table that goes into a file or a pipe, where no terminal says how many there are."""
GAP = 3
"""Columns between two cells."""


def show_table(header: Sequence[str], rows: Rows, title: str | None = None, left: bool = False, keys: int = 1) -> None:
    """Print a table; numbers to the right, or with `left` all columns to the left, their sentences wrapped.

    Numbers are never broken: columns that do not fit follow in a further table, beside the first `keys` columns again.
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    to = console()
    chosen = [list(range(len(header)))] if left else list(blocks(header, rows, keys, to.width))
    for index, columns in enumerate(chosen):
        table = Table(box=SIMPLE_HEAD, title=None if index else title, title_justify="left", pad_edge=False)
        for column in columns:
            justify: Any = "left" if left or column == 0 else "right"
            table.add_column(header[column], justify=justify, overflow="fold", no_wrap=not left)
        for row in rows:
            table.add_row(*(Text(row[column]) for column in columns))
        to.print(table)


def blocks(header: Sequence[str], rows: Rows, keys: int, room: int) -> Iterator[list[int]]:
    """Yield the columns of each table, as many as `room` holds, but at least one beside the first `keys`."""
    from rich.cells import cell_len

    widths = [max(map(cell_len, column)) + GAP for column in zip(header, *rows, strict=True)]
    names = list(range(min(keys, len(header))))
    taken = list(names)
    for column in range(len(names), len(header)):
        if len(taken) > len(names) and sum(widths[each] for each in [*taken, column]) > room:
            yield taken
            taken = list(names)
        taken.append(column)
    yield taken


def console() -> "Console":
    """Return the console to print on: as wide as the terminal or as COLUMNS says, and wide in a file or a notebook."""
    from rich.console import Console

    made = Console(force_jupyter=False)
    return made if made.is_terminal or "COLUMNS" in os.environ else Console(width=FILE_WIDTH, force_jupyter=False)


def show_json(content: Any) -> None:
    """Print JSON; numbers that are not finite become null."""
    from ravine.training.directory import finite

    typer.echo(json.dumps(finite(content), indent=1))
