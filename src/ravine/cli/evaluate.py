"""`ravine evaluate`: a run's scores on the fixed test sets, beside the trivial baselines."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ravine.cli.options import Json, Overrides, Quiet, Run

if TYPE_CHECKING:
    from ravine.runs import LoadedRun


def command(
    run: Run,
    overrides: Overrides = None,
    steps: Annotated[int | None, typer.Option("--steps", min=0, help="Descent steps per landscape.")] = None,
    restarts: Annotated[str | None, typer.Option("--restarts", help="Starts; the lowest energy wins.")] = None,
    budget: Annotated[str | None, typer.Option("--budget", help="Several steps per landscape: 1,2,5,10.")] = None,
    landscapes: Annotated[bool, typer.Option("--landscapes", help="Measure what the energy has learned.")] = False,
    by_condition: Annotated[bool, typer.Option("--by-condition", help="Break down by condition number.")] = False,
    problems: Annotated[int | None, typer.Option("--problems", min=1, help="Problems per split.")] = None,
    best: Annotated[bool, typer.Option("--best", help="Use the best checkpoint, not the newest.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Score a run on fixed splits beside the trivial baselines: as a whole, by budget, condition number or landscape.

    Fields of task, solve, evaluation and compute can be changed: task.n=30 asks the same weights for other sizes.
    """
    from ravine import runs
    from ravine.cli import budgets, conditions, portrait
    from ravine.cli.numbers import counts
    from ravine.cli.progress import ProgressLine
    from ravine.records import described

    starts = counts(restarts, "--restarts")
    several = counts(budget, "--budget", least=0)
    check_options(several, starts, steps, landscapes)
    loaded = runs.load(run, "best" if best else "newest", overrides or [])
    size = problems or loaded.config.evaluation.problems
    if landscapes:
        portrait.show(loaded, json, quiet)
        return
    if several is not None:
        budgets.show(loaded, several, starts or [loaded.config.solve.restarts], size, json, quiet)
        return
    total = size * len(runs.split_names(loaded.config, loaded.task))
    with ProgressLine("solving", total, "problems", quiet or json) as line:
        scores = runs.score_splits(loaded, steps, starts[0] if starts else None, size, line.advance)
    if by_condition:
        conditions.show(loaded, scores, json, quiet)
    elif json or not quiet:
        show(loaded, {entry.split: described(entry) for entry in scores}, size, json)


def check_options(several: list[int] | None, starts: list[int] | None, steps: int | None, landscapes: bool) -> None:
    """Raise an `InputError` for options that exclude one another."""
    from ravine.errors import InputError

    if several is not None and steps is not None:
        raise InputError("--steps and --budget both name descent steps per landscape; give one of them")
    if several is not None and landscapes:
        raise InputError("--budget and --landscapes are two tables; ask for one at a time")
    if several is None and starts is not None and len(starts) > 1:
        raise InputError("--restarts takes several numbers only with --budget, as in --budget 1,5,20 --restarts 1,4")


def show_stored(out: Path, json: bool) -> None:
    """Print the scores that a finished run stored."""
    from ravine import runs
    from ravine.evaluation.lag import ADVICE, AVERAGED, RAW, lag
    from ravine.report.reading.subject import real
    from ravine.training.directory import read_json

    loaded = runs.load(out)
    stored = read_json(loaded.directory.evaluation)
    show(loaded, stored["splits"], loaded.config.evaluation.problems, json)
    validated = stored.get("validation", {})
    if (ratio := lag(real(validated.get(AVERAGED)), real(validated.get(RAW)))) is not None and not json:
        typer.echo(f"The averaged weights, which are scored, err {ratio:.3g} times as much as the raw ones: {ADVICE}.")


def show(loaded: "LoadedRun", splits: Mapping[str, Mapping[str, Any]], problems: int, json: bool) -> None:
    """Print scores by split with the baselines on the same problems and the skill against the best trivial one."""
    from ravine.cli.tables import show_json, show_table
    from ravine.evaluation.baselines import baseline_scores, skill
    from ravine.report.markdown import number
    from ravine.tasks.fixed import fixed_split

    fixed = [fixed_split(loaded.task, name, problems) for name in splits]
    baselines = baseline_scores(loaded.task, fixed)
    scores = {name: entry["mse"] for name, entry in splits.items()}
    skills = {name: None if mse is None else skill(mse, baselines, name) for name, mse in scores.items()}
    if json:
        scored = {name: {**entry, "skill": skills[name]} for name, entry in splits.items()}
        others = {entry.name: {"trivial": entry.trivial, "mse": dict(entry.mse)} for entry in baselines}
        content = {"run": str(loaded.directory.path), "step": loaded.step, "splits": scored, "baselines": others}
        show_json(content)
        return
    for name, entry in splits.items():
        ours = [entry["mse"], entry["standard_error"], skills[name], entry["residual"]]
        rows = [[f"run, step {loaded.step}", *map(number, ours)]]
        for baseline in baselines:
            kind = "trivial" if baseline.trivial else "exact method"
            rows.append([baseline.name, number(baseline.mse[name]), "", kind, ""])
        show_table(["", "MSE", "± s.e.", "skill", "residual"], rows, title=name)
    cost = next(iter(splits.values()))["solve_evaluations"]
    typer.echo(f"{problems} problems per split, {cost} energy evaluations per problem; run: {loaded.directory.path}")
