"""`ravine evaluate --landscapes`: what the energy has learned, landscape by landscape."""

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from ravine.runs import LoadedRun

COLUMNS = {
    "auc": "AUC",
    "gap": "E(wrong) - E(right)",
    "rank_correlation": "rank correlation",
    "cosine": "cosine",
    "noise_norm": "noise norm",
    "accepted": "accepted",
}
MEANING = (
    "AUC: how often a right answer has less energy than one of the solver's wrong ones; "
    "rank correlation: of energy with error; cosine: of the descent with the way to the right answer; noise norm: of "
    "the noise prediction, 1 where as large as the noise; accepted: share of the solver's steps kept"
)


def show(loaded: "LoadedRun", json: bool, quiet: bool) -> None:
    """Measure a run's landscapes and print them; nothing is written, as the run keeps those of its end."""
    from ravine import runs
    from ravine.cli.tables import show_json, show_table
    from ravine.report.markdown import number
    from ravine.training.directory import finite

    found = finite(runs.landscapes(loaded))
    if json:
        show_json({"run": str(loaded.directory.path), "step": loaded.step, **found})
        return
    if quiet:
        return
    for name, entry in found["splits"].items():
        measured = [key for key in COLUMNS if any(row.get(key) is not None for row in entry["landscapes"])]
        rows = [[str(row["k"]), *(number(row[key]) for key in measured)] for row in reversed(entry["landscapes"])]
        title = f"{name}, {entry['problems']} problems, the smoothest landscape first"
        show_table(["k", *(COLUMNS[key] for key in measured)], rows, title=title)
    typer.echo(f"{MEANING}; run: {loaded.directory.path}")
