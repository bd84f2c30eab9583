"""`ravine list`: what there is to name in a configuration."""

import typer

from ravine.cli.options import Json, Quiet


def command(json: Json = False, quiet: Quiet = False) -> None:
    """List tasks, energies, arms and presets."""
    from json import dumps
    from typing import Any, get_args

    from ravine.config import preset_names
    from ravine.config.mining import NAMED_CURRICULA, names_of
    from ravine.config.schema import MatrixConfig, MatrixTaskConfig, MLPConfig, ProductsConfig

    def names(schema: Any) -> list[str]:
        return list(get_args(schema.model_fields["name"].annotation))

    content = {
        "tasks": [*names(MatrixTaskConfig), "custom"],
        "energies": [*names(MatrixConfig), *names(MLPConfig), *names(ProductsConfig)],
        "arms": names_of(()),
        "curricula": list(NAMED_CURRICULA),
        "run presets (ravine train)": preset_names("runs"),
        "study presets (ravine compare)": preset_names("studies"),
    }
    if json:
        typer.echo(dumps(content, indent=1))
    elif not quiet:
        for kind, found in content.items():
            typer.echo(f"{kind}: {', '.join(found)}")
