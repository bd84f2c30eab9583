"""The options that commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class KeepChoice(StrEnum):
    """What a finished run keeps of its checkpoints."""

    ALL = "all"
    WEIGHTS = "weights"
    NONE = "none"


def png(path: Path | None) -> Path | None:
    """Return where a figure goes; a usage error if its name does not end in .png."""
    if path is not None and path.suffix.lower() != ".png":
        raise typer.BadParameter(f"{path}: name a file that ends in .png")
    return path


Overrides = Annotated[
    list[str] | None,
    typer.Argument(metavar="[FIELD=VALUE]...", help="Fields to change, by dotted path: training.steps=500."),
]
Out = Annotated[Path, typer.Option("--out", "-o", help="Directory to write to.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for machines.")]
NoDoctor = Annotated[bool, typer.Option("--no-doctor", help="Train without the doctor's checks beforehand.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print no progress and no tables.")]
Open = Annotated[bool, typer.Option("--open", help="Open the page in a browser, where there is a screen.")]
Run = Annotated[Path, typer.Argument(metavar="RUN", help="A run's directory.")]
