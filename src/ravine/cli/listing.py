"""`ravine list`: what there is to name in a configuration."""

import typer

from ravine.cli.options import Json, Quiet


def command(json: Json = False, quiet: Quiet = False) -> None:
    """List tasks, energies, choices of mining, arms and presets, each with a line on what it is."""
    from json import dumps

    from ravine.listing import everything

    content = everything()
    if json:
        typer.echo(dumps(content, indent=1))
    elif not quiet:
        for kind, entries in content.items():
            typer.echo(f"{kind}:")
            width = max(map(len, entries))
            for name, line in entries.items():
                typer.echo(f"  {name:<{width}}  {line}")
