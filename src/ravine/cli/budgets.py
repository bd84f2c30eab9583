"""`ravine evaluate --budget`: accuracy against compute at solve time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from ravine.evaluation.budget import BudgetScore
    from ravine.report.measure import Measure
    from ravine.runs import LoadedRun

MEANING = (
    "any start solves: share of problems of which the task's verifier accepts an answer of any start, the ceiling for "
    "choosing by energy; distinct answers: among the starts of a problem; evaluations: of the energy, per problem"
)


def show(
    loaded: "LoadedRun", steps: Sequence[int], starts: Sequence[int], problems: int, json: bool, quiet: bool
) -> None:
    """Score a run at every budget, keep `budget.json` in its directory, and print the table beside the baselines."""
    from ravine import runs
    from ravine.cli.evaluate import baseline_entry, baseline_rows, measures_of
    from ravine.cli.progress import ProgressLine
    from ravine.cli.tables import show_json, show_table
    from ravine.evaluation.baselines import baseline_scores
    from ravine.runs.records import BUDGET, budget_content
    from ravine.tasks.fixed import fixed_split
    from ravine.training.directory import write_json

    names = runs.split_names(loaded.config, loaded.task)
    total = problems * len(names) * len(steps) * max(starts)
    with ProgressLine("solving", total, "problems", quiet or json) as line:
        scores = runs.budgets(loaded, steps, starts, problems, line.advance)
    content, file = budget_content(scores, problems, loaded.step), loaded.directory.path / BUDGET
    if not loaded.unkept:
        write_json(file, content)
    if quiet and not json:
        return
    measures = measures_of(loaded)
    baselines = baseline_scores(loaded.task, [fixed_split(loaded.task, name, problems) for name in names])
    if json:
        others = {entry.name: baseline_entry(entry) for entry in baselines}
        show_json({"run": str(loaded.directory.path), **content, "baselines": others})
        return
    labels = [measure.label for measure in measures]
    header = ["steps", "starts", *labels, "any start solves", "distinct answers", "evaluations", "s"]
    for name in names:
        show_table(header, [row_of(entry, measures) for entry in scores[name]], title=name, keys=2)
        show_table(["", *labels], baseline_rows(name, baselines, measures))
    typer.echo(MEANING)
    kept = f"not kept, as {loaded.unkept}" if loaded.unkept else f"wrote {file}"
    typer.echo(f"{problems} problems per split{loaded.stopped}; {kept}")


def row_of(entry: "BudgetScore", measures: Sequence["Measure"]) -> list[str]:
    """Return one budget's row."""
    from ravine.report.markdown import number, percent

    values = [entry.metrics[measure.name] for measure in measures]
    cells = [m.with_error(each.mean, each.standard_error) for m, each in zip(measures, values, strict=True)]
    rest = [percent(entry.ceiling), number(entry.distinct), f"{entry.evaluations:.6g}", number(entry.seconds)]
    return [str(entry.steps), str(entry.starts), *cells, *rest]
