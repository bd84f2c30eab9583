"""`ravine export`: a finished run as a model that others can use."""

from pathlib import Path
from typing import Annotated

import typer

from ravine.cli.options import Json, Quiet, Run


def command(
    run: Run,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="A new folder; its name is the model's.")],
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a finished run's weights (safetensors), configuration, scores and card, in the layout model hubs take."""
    from ravine.cli.tables import show_json
    from ravine.export import export

    folder = export(run, out)
    files = sorted(path.name for path in folder.iterdir())
    size = sum(path.stat().st_size for path in folder.iterdir())
    if json:
        show_json({"wrote": [str(folder / name) for name in files], "bytes": size})
    elif not quiet:
        typer.echo(f"wrote {folder} ({size / 1000:.0f} kB): {', '.join(files)}")
        typer.echo(f"use it: ravine solve --model {folder} PROBLEMS, or ravine.load({str(folder)!r}) in Python")
