"""`ravine evaluate --by-condition`: scores by how hard the problems are."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from ravine.evaluation.score import SplitScore
    from ravine.runs import LoadedRun


def show(loaded: "LoadedRun", scores: Sequence["SplitScore"], json: bool, quiet: bool) -> None:
    """Print each split's scores in bands of what makes its problems hard."""
    from dataclasses import asdict

    from ravine.cli.evaluate import measures_of
    from ravine.cli.tables import show_json, show_table
    from ravine.evaluation.breakdown import in_bands, strata_of
    from ravine.tasks.fixed import fixed_split

    task, measure, found, label = loaded.task, measures_of(loaded)[0], {}, ""
    for entry in scores:
        strata = strata_of(task, fixed_split(task, entry.split, entry.problems).batch)
        of, label = strata.values.double().numpy(), strata.label
        found[entry.split] = in_bands(of, strata.edges, entry.metrics[measure.name].values)
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
        show_table(["split", label, "problems", measure.label], rows)
        typer.echo(f"{scores[0].evaluations} energy evaluations per problem; run: {loaded.directory.path}")
