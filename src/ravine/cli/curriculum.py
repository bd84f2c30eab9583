"""`ravine curriculum`: when a run mines what."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from ravine.cli.options import Json, Overrides, Quiet, png
from ravine.cli.streams import tell


def command(
    source: Annotated[str, typer.Argument(metavar="PRESET_OR_FILE", help="A preset's name, or a TOML or JSON file.")],
    overrides: Overrides = None,
    figure: Annotated[Path | None, typer.Option("--figure", callback=png, help="Draw the schedule, as PNG.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Print a run's mining schedule as a table, and draw it."""
    from ravine import build
    from ravine.cli.tables import show_json, show_table
    from ravine.config import read_run

    config = read_run(source, overrides or [], tell)
    steps, schedule = config.training.steps, build.curriculum(config)
    stages: list[dict[str, Any]] = [
        {
            "start": stage.start,
            "fraction": stage.start / steps,
            "mixture": dict(stage.mixture),
            "temperature": stage.temperature,
            "weight": stage.weight,
        }
        for stage in schedule.stages
    ]
    decay = None if schedule.decay is None else asdict(schedule.decay)
    if figure is not None:
        from ravine.report.figures import save
        from ravine.report.schedule import schedule as drawn

        figure.parent.mkdir(parents=True, exist_ok=True)
        save(drawn(schedule, steps), figure)
    if json:
        show_json(
            {
                "steps": steps,
                "every": schedule.every,
                "interpolate": schedule.interpolate,
                "decay": decay,
                "stages": stages,
            }
        )
    elif not quiet:
        rows = [row_of(stage, steps) for stage in stages]
        show_table(["from step", "of training", "mixture", "temperature", "weight"], rows)
        moves = "move linearly from stage to stage" if schedule.interpolate else "jump at each stage"
        often = "every step" if schedule.every == 1 else f"every {schedule.every} steps"
        if schedule.decay is not None:
            how = "evenly" if schedule.decay.course == "linear" else "along half a cosine"
            typer.echo(f"the weight moves {how} to {schedule.decay.weight:g} by the last step")
        typer.echo(f"{steps} steps; settings {moves}; mining on {often}")
        if figure is not None:
            typer.echo(f"wrote {figure}")


def row_of(stage: dict[str, Any], steps: int) -> list[str]:
    """Return a stage as a row of the table."""
    mixture = ", ".join(f"{arm} {100 * share:.3g} %" for arm, share in stage["mixture"].items())
    return [
        str(stage["start"]),
        f"{100 * stage['fraction']:.3g} %" if stage["start"] < steps else "after the end",
        mixture,
        f"{stage['temperature']:g}",
        f"{stage['weight']:g}",
    ]
