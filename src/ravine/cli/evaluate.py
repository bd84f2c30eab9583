"""`ravine evaluate`: a run's scores on the fixed test sets, beside the trivial baselines."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ravine.cli.options import Json, Overrides, Quiet, Run

if TYPE_CHECKING:
    from ravine.evaluation.baselines import BaselineScore
    from ravine.report.measure import Measure
    from ravine.runs import LoadedRun


def command(
    run: Run,
    overrides: Overrides = None,
    steps: Annotated[int | None, typer.Option("--steps", min=0, help="Descent steps per landscape.")] = None,
    starts: Annotated[
        str | None, typer.Option("--starts", "--restarts", help="Starts per problem; the lowest energy wins.")
    ] = None,
    budget: Annotated[str | None, typer.Option("--budget", help="Several steps per landscape: 1,2,5,10.")] = None,
    landscapes: Annotated[bool, typer.Option("--landscapes", help="Measure what the energy has learned.")] = False,
    by_condition: Annotated[bool, typer.Option("--by-condition", help="By condition number or clues.")] = False,
    problems: Annotated[int | None, typer.Option("--problems", min=1, help="Problems per split.")] = None,
    best: Annotated[bool, typer.Option("--best", help="Use the best checkpoint, not the newest.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Score a run on fixed splits beside the trivial baselines: as a whole, by budget, difficulty or landscape.

    Fields of task, solve, evaluation and compute can be changed: task.n=30 asks the same weights for other sizes.
    """
    from ravine import runs
    from ravine.cli import budgets, conditions, portrait
    from ravine.cli.numbers import counts
    from ravine.cli.progress import ProgressLine
    from ravine.runs.records import described

    several_starts = counts(starts, "--starts")
    several = counts(budget, "--budget", least=0)
    check_options(several, several_starts, steps, landscapes)
    loaded = runs.load(run, "best" if best else "newest", overrides or [])
    size = problems or loaded.config.evaluation.problems
    if landscapes:
        portrait.show(loaded, json, quiet)
        return
    if several is not None:
        budgets.show(loaded, several, several_starts or [loaded.config.solve.starts], size, json, quiet)
        return
    total = size * len(runs.split_names(loaded.config, loaded.task))
    with ProgressLine("solving", total, "problems", quiet or json) as line:
        scores = runs.score_splits(loaded, steps, several_starts[0] if several_starts else None, size, line.advance)
    if by_condition:
        conditions.show(loaded, scores, json, quiet)
    elif json or not quiet:
        show(loaded, {entry.split: described(entry) for entry in scores}, measures_of(loaded), size, json)


def check_options(several: list[int] | None, starts: list[int] | None, steps: int | None, landscapes: bool) -> None:
    """Raise an `InputError` for options that exclude one another."""
    from ravine.errors import InputError

    if several is not None and steps is not None:
        raise InputError("--steps and --budget both name descent steps per landscape; give one of them")
    if several is not None and landscapes:
        raise InputError("--budget and --landscapes are two tables; ask for one at a time")
    if several is None and starts is not None and len(starts) > 1:
        raise InputError("--starts takes several numbers only with --budget, as in --budget 1,5,20 --starts 1,4")


def show_stored(out: Path, json: bool) -> None:
    """Print the scores that a finished run stored."""
    from ravine import runs
    from ravine.analysis.upgrade import evaluation
    from ravine.evaluation.lag import ADVICE, AVERAGED, RAW, lag
    from ravine.report.measure import Measure
    from ravine.report.reading.subject import real
    from ravine.training.directory import read_json

    loaded = runs.load(out)
    stored = evaluation(read_json(loaded.directory.evaluation))
    measures = [Measure.of(name, facts) for name, facts in stored["metrics"].items()]
    show(loaded, stored["splits"], measures, loaded.config.evaluation.problems, json)
    validated = stored.get("validation", {})
    costs = [measures[0].cost(real(validated.get(which))) for which in (AVERAGED, RAW)]
    if (ratio := lag(*costs)) is not None and not json:
        typer.echo(f"The averaged weights, which are scored, err {ratio:.3g} times as much as the raw ones: {ADVICE}.")


def measures_of(loaded: "LoadedRun") -> list["Measure"]:
    """Return the metrics of a run's task as they are shown."""
    from ravine.report.measure import Measure
    from ravine.runs.records import described_metric

    return [Measure.of(metric.name, described_metric(metric)) for metric in loaded.task.metrics()]


def show(
    loaded: "LoadedRun",
    splits: Mapping[str, Mapping[str, Any]],
    measures: Sequence["Measure"],
    problems: int,
    json: bool,
) -> None:
    """Print scores by split with the baselines on the same problems and the skill against the best trivial one."""
    from ravine.cli.tables import show_json, show_table
    from ravine.evaluation.baselines import baseline_scores
    from ravine.tasks.fixed import fixed_split

    baselines = baseline_scores(loaded.task, [fixed_split(loaded.task, name, problems) for name in splits])
    if json:
        scored = {
            name: {**entry, "skill": skills(name, entry["metrics"], baselines, measures)}
            for name, entry in splits.items()
        }
        others = {entry.name: baseline_entry(entry) for entry in baselines}
        show_json({"run": str(loaded.directory.path), "step": loaded.step, "splits": scored, "baselines": others})
        return
    for name, entry in splits.items():
        rows = run_rows(f"run, step {loaded.step}", name, entry["metrics"], baselines, measures)
        header = ["", *(measure.label for measure in measures)]
        show_table(header, [*rows, *baseline_rows(name, baselines, measures)], title=name)
    cost = next(iter(splits.values()))["solve_evaluations"]
    shown = ", ".join(entry.name for entry in baselines if not entry.trivial)
    words = "skill: 0 is no better than the best trivial rule, 1 is perfect"
    typer.echo(words + f"; for reference alone: {shown}" * bool(shown))
    spent = f"{cost:.6g} {loaded.evaluations} per problem{loaded.stopped}"
    typer.echo(f"{problems} problems per split, {spent}; run: {loaded.directory.path}")


def skills(
    split: str,
    scores: Mapping[str, Mapping[str, Any]],
    baselines: Sequence["BaselineScore"],
    measures: Sequence["Measure"],
) -> dict[str, float | None]:
    """Return the skill of each metric of a run on a split; None where it is not defined."""
    from ravine.statistics import skill

    result = {}
    for measure in measures:
        trivial = [entry.value(split, measure.base) for entry in baselines if entry.trivial]
        result[measure.name] = skill(scores[measure.name]["value"], trivial, measure.target, measure.better)
    return result


def run_rows(
    name: str,
    split: str,
    scores: Mapping[str, Mapping[str, Any]],
    baselines: Sequence["BaselineScore"],
    measures: Sequence["Measure"],
) -> list[list[str]]:
    """Return the run's row on a split, and the row of its skills."""
    from ravine.report.markdown import number

    values = [scores[measure.name] for measure in measures]
    cells = [m.with_error(each["value"], each["standard_error"]) for m, each in zip(measures, values, strict=True)]
    return [[name, *cells], ["skill", *map(number, skills(split, scores, baselines, measures).values())]]


def baseline_rows(split: str, baselines: Sequence["BaselineScore"], measures: Sequence["Measure"]) -> list[list[str]]:
    """Return the baselines' rows on a split."""
    scored = [(entry.name, entry.splits[split]) for entry in baselines]
    return [
        [name, *(m.with_error(values[m.base].mean, values[m.base].standard_error) for m in measures)]
        for name, values in scored
    ]


def baseline_entry(entry: "BaselineScore") -> dict[str, Any]:
    """Return a baseline's scores as plain values."""
    splits = {split: {name: each.mean for name, each in found.items()} for split, found in entry.splits.items()}
    return {"trivial": entry.trivial, "splits": splits}
