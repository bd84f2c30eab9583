"""`ravine evaluate --budget`: accuracy against compute at solve time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from ravine.evaluation.baselines import BaselineScore
    from ravine.evaluation.budget import BudgetScore
    from ravine.runs import LoadedRun


def show(
    loaded: "LoadedRun", steps: Sequence[int], restarts: Sequence[int], problems: int, json: bool, quiet: bool
) -> None:
    """Score a run at every budget, keep `budget.json` in its directory, and print the table beside the baselines."""
    from ravine import runs
    from ravine.cli.progress import ProgressLine
    from ravine.cli.tables import show_json, show_table
    from ravine.evaluation.baselines import baseline_scores
    from ravine.records import BUDGET, budget_content
    from ravine.tasks.fixed import fixed_split
    from ravine.training.directory import write_json

    names = runs.split_names(loaded.config, loaded.task)
    total = problems * len(names) * len(steps) * max(restarts)
    with ProgressLine("solving", total, "problems", quiet or json) as line:
        scores = runs.budgets(loaded, steps, restarts, problems, line.advance)
    content, file = budget_content(scores, problems, loaded.step), loaded.directory.path / BUDGET
    if loaded.as_trained:
        write_json(file, content)
    if quiet and not json:
        return
    baselines = baseline_scores(loaded.task, [fixed_split(loaded.task, name, problems) for name in names])
    if json:
        others = {entry.name: {"trivial": entry.trivial, "mse": dict(entry.mse)} for entry in baselines}
        show_json({"run": str(loaded.directory.path), **content, "baselines": others})
        return
    header = ["steps x restarts", "evaluations", "MSE", "± s.e.", "residual", "s"]
    for name, entries in scores.items():
        show_table(header, rows_of(entries) + baseline_rows(baselines, name), title=name)
    kept = f"wrote {file}" if loaded.as_trained else "not kept, as fields were changed"
    typer.echo(f"{problems} problems per split; evaluations per problem, restarts included; {kept}")


def rows_of(entries: Sequence["BudgetScore"]) -> list[list[str]]:
    """Return one row for every budget."""
    from ravine.report.markdown import number

    return [
        [f"{entry.steps} x {entry.restarts}", str(entry.evaluations)]
        + [number(value) for value in (entry.mse, entry.standard_error, entry.residual, entry.seconds)]
        for entry in entries
    ]


def baseline_rows(baselines: Sequence["BaselineScore"], split: str) -> list[list[str]]:
    """Return the baselines' rows for the same table."""
    from ravine.report.markdown import number

    return [
        [entry.name, "trivial" if entry.trivial else "exact", number(entry.mse[split]), "", "", ""]
        for entry in baselines
    ]
