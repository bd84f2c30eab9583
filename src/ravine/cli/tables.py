"""Results on standard output: a table for people, JSON for machines."""

import json
from collections.abc import Sequence
from typing import Any

import typer


def show_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], title: str | None = None, left: bool = False
) -> None:
    """Print a table; numbers to the right, or with `left` all columns to the left."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False)
    for index, name in enumerate(header):
        table.add_column(name, justify="left" if left or index == 0 else "right", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console = Console()
    if not console.is_terminal:
        console = Console(width=200)
    console.print(table)


def show_json(content: Any) -> None:
    """Print JSON; numbers that are not finite become null."""
    from ravine.training.directory import finite

    typer.echo(json.dumps(finite(content), indent=1))
