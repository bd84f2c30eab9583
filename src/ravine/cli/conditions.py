"""`ravine evaluate --by-condition`: scores by how ill-conditioned the problems are."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from ravine.evaluation.score import SplitScore
    from ravine.runs import LoadedRun


def show(loaded: "LoadedRun", scores: Sequence["SplitScore"], json: bool, quiet: bool) -> None:
    """Print each split's scores in bands of the condition number."""
    from dataclasses import asdict

    from ravine.cli.evaluate import measures_of
    from ravine.cli.tables import show_json, show_table
    from ravine.errors import InputError
    from ravine.evaluation.breakdown import by_condition
    from ravine.tasks.base import Conditioned
    from ravine.tasks.fixed import fixed_split

    task, measure = loaded.task, measures_of(loaded)[0]
    if not isinstance(task, Conditioned):
        raise InputError(f"--by-condition: problems of task {task.name!r} have no condition number")
    found = {}
    for entry in scores:
        x = fixed_split(task, entry.split, entry.problems).batch.x
        found[entry.split] = by_condition(task.condition_number(x).numpy(), entry.metrics[measure.name].values)
    if json:
        bands = {name: [asdict(band) for band in entries] for name, entries in found.items()}
        show_json({"run": str(loaded.directory.path), "step": loaded.step, "splits": bands})
    elif not quiet:
        rows = [
            [
                name,
                f"{band.low:g} to {band.high:g}",
                str(band.problems),
                measure.with_error(band.value, band.standard_error),
            ]
            for name, bands in found.items()
            for band in bands
        ]
        show_table(["split", "condition number", "problems", measure.label], rows)
        typer.echo(f"{scores[0].evaluations} energy evaluations per problem; run: {loaded.directory.path}")
