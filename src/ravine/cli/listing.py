"""`ravine list`: what there is to name in a configuration."""

from typing import Annotated

import typer

from ravine.cli.options import Json, Quiet


def command(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORD]...", help="Only kinds that have these words in their name.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """List tasks, energies, choices of mining, arms, presets and models, each with a line on what it is."""
    from json import dumps

    from ravine.errors import InputError
    from ravine.listing import everything

    kinds = everything()
    wanted = [word.lower() for word in words or ()]
    content = {kind: names for kind, names in kinds.items() if all(word in kind for word in wanted)}
    if not content:
        raise InputError(f"nothing to list is called {' '.join(wanted)!r}; there are {'; '.join(kinds)}")
    if json:
        typer.echo(dumps(content, indent=1))
    elif not quiet:
        for kind, entries in content.items():
            typer.echo(f"{kind}:")
            width = max(map(len, entries))
            for name, line in entries.items():
                typer.echo(f"  {name:<{width}}  {line}")
