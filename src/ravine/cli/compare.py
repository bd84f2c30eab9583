"""`ravine compare`: arms by seeds, paired."""

import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ravine.cli.options import Json, NoDoctor, Open, Out, Overrides, Quiet
from ravine.cli.streams import tell

if TYPE_CHECKING:
    from ravine.comparison import Outcome


def command(
    source: Annotated[str, typer.Argument(metavar="PRESET_OR_FILE", help="A study preset's name, or a TOML file.")],
    overrides: Overrides = None,
    out: Out = Path("out/study"),
    seeds: Annotated[int | None, typer.Option("--seeds", min=1, help="Seeds per arm.")] = None,
    arms: Annotated[str | None, typer.Option("--arms", help="Arms to run, with commas: none,adversarial.")] = None,
    workers: Annotated[int | None, typer.Option("--workers", min=0, help="Runs at a time; 0: as cores allow.")] = None,
    open_: Open = False,
    no_doctor: NoDoctor = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare arms over seeds, paired by seed; a second call goes on with what is unfinished."""
    from ravine import comparison, planning
    from ravine.cli.gate import refuse_failing_arms
    from ravine.cli.interruption import interruptible
    from ravine.cli.progress import ProgressLine
    from ravine.config import read_study
    from ravine.studies.queue import Progress

    study = read_study(source, overrides or [], tell, seeds=seeds, workers=workers)
    if arms is not None:
        study = comparison.pick(study, [arm.strip() for arm in arms.split(",") if arm.strip()])
    plan = planning.plan(study, out)
    if not no_doctor:
        refuse_failing_arms(plan)
    total = sum(run.config["training"]["steps"] for run in plan)
    with interruptible() as stop, ProgressLine(f"{len(plan)} runs", total, "steps", quiet or json) as line:

        def on_progress(progress: Progress) -> None:
            if line.first == 0 and line.done == 0:
                line.first = progress.steps_done
            states = ", ".join(f"{count} {state}" for state, count in sorted(progress.states.items()))
            loss = "" if progress.loss is None else f", loss {progress.loss:.4g}"
            line.at(progress.steps_done, states + loss)

        outcome = comparison.run_study(study, out, on_progress, stop, comparison.command_line(sys.argv[1:]))
    if not outcome.complete:
        typer.echo(f"ravine: interrupted; the same command goes on with the study in {out}", err=True)
        raise typer.Exit(130)
    if json or not quiet:
        show(outcome, json)
    if open_:
        from ravine.cli.report import show_page

        show_page(outcome.page)
    if lacking := unended(outcome.results):
        told = ", ".join(f"{count} {state}" for state, count in sorted(lacking.items()))
        typer.echo(
            f"ravine: some runs did not end ({told}); see the table and the train.log files under {out}/runs, "
            "then the same command goes on with them",
            err=True,
        )
        raise typer.Exit(1)


def unended(results: Mapping[str, Any]) -> Counter[str]:
    """Return the number of runs by state, without those that finished or diverged."""
    from ravine.studies.queue import DONE

    states = Counter(run["state"] for entry in results["arms"].values() for run in entry["runs"])
    return Counter({state: count for state, count in states.items() if state not in DONE})


def show(outcome: "Outcome", json: bool) -> None:
    """Print arms beside baselines, what was registered, the outcome in a sentence, and where the rest is told."""
    from ravine.cli.tables import show_json, show_table
    from ravine.report.listing import unended_runs
    from ravine.report.reading.directory import read
    from ravine.report.summary import headline, rows_of_arms, rows_of_registered

    results = outcome.results
    if json:
        show_json(results)
        return
    subject = read(outcome.page.parent)
    for title, (header, rows) in ((results["task"], rows_of_arms(subject)), ("", rows_of_registered(subject))):
        if rows:
            show_table(header, rows, title=title)
    for sentence in (*unended_runs(results), *results["environment"]["differences"], headline(results)):
        typer.echo("\n".join(wrap(sentence, 100)))
    typer.echo(f"report: {outcome.page}")
