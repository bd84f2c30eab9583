"""`ravine list`: what there is to name in a configuration."""

import typer

from ravine.cli.options import Json, Quiet


def command(json: Json = False, quiet: Quiet = False) -> None:
    """List tasks, energies, arms and presets."""
    from typing import Any, get_args

    from ravine.config import preset_names
    from ravine.config.schema import MatrixTaskConfig, MLPConfig
    from ravine.mining.names import NAMED

    def names(schema: Any) -> list[str]:
        return list(get_args(schema.model_fields["name"].annotation))

    content = {
        "tasks": [*names(MatrixTaskConfig), "custom"],
        "energies": names(MLPConfig),
        "arms": list(NAMED),
        "run presets (ravine train)": preset_names("runs"),
        "study presets (ravine compare)": preset_names("studies"),
    }
    if json:
        from ravine.cli.tables import show_json

        show_json(content)
    elif not quiet:
        for kind, found in content.items():
            typer.echo(f"{kind}: {', '.join(found)}")
