"""`ravine study`: how a study stands, what happened to it, and a stop or another try for its runs."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ravine.cli.options import Json

if TYPE_CHECKING:
    from ravine.experiments.standing import StudyStanding

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Show how a study stands (status, log), stop it, or queue failed runs again.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
Study = Annotated[Path, typer.Argument(metavar="DIR", help="A study's directory.")]
WATCH_SECONDS = 2.0
WORTH_A_LOOK = {"running", "failed", "diverged", "lost"}
STOP_SECONDS = 120.0
"""How long `stop` waits for a coordinator whose runs are writing their checkpoints."""


@app.command("status", short_help="Show every run's state.")
def status(
    study: Study,
    watch: Annotated[bool, typer.Option("--watch", help="Show it again and again, until all is done.")] = False,
    all_: Annotated[bool, typer.Option("--all", help="Every run, not only what runs or went wrong.")] = False,
    json: Json = False,
) -> None:
    """Show the runs by state, who runs them and where, and how long they still take."""
    from ravine.cli.tables import console, show_json
    from ravine.experiments.standing import standing

    while True:
        found = standing(study)
        if json:
            show_json(found.described())
        else:
            if watch:
                console().clear()
            show(found, all_)
        if not watch or found.owner is None:
            return
        time.sleep(WATCH_SECONDS)


def show(found: "StudyStanding", every: bool) -> None:
    """Print a study's standing: counts, its owner, and the runs worth a look."""
    from ravine.cli.tables import show_table
    from ravine.experiments.page import cells

    owner = "nobody runs it" if found.owner is None else f"run by {found.owner.told()}"
    counts = ", ".join(f"{count} {state}" for state, count in found.counts.items() if count)
    typer.echo(f"{found.study}: {counts}; {owner}")
    shown = [run for run in found.runs if every or run.rollbacks or run.state in WORTH_A_LOOK]
    if shown:
        header = ["run", "state", "steps", "left", "where", "why"]
        show_table(header, [cells(run) for run in shown], left=True)
    undone = sum(found.counts[state] for state in ("waiting", "failed", "lost"))
    if undone and found.owner is None and found.command:
        typer.echo(f"to continue: {found.command}")


@app.command("log", short_help="Print what happened, event by event.")
def log(
    study: Study,
    last: Annotated[int, typer.Option("--last", "-n", min=0, help="Only the last events; 0: all.")] = 0,
    json: Json = False,
) -> None:
    """Print what happened to the study, event by event."""
    from ravine.cli.tables import show_json
    from ravine.experiments.log import StudyLog, sentence
    from ravine.experiments.standing import read_plan

    read_plan(study)
    events = StudyLog(study).events()[-last:]
    if json:
        show_json({"events": events})
        return
    for event in events:
        typer.echo(sentence(event))


@app.command("stop", short_help="Stop the study, wherever it runs.")
def stop(study: Study) -> None:
    """Interrupt whoever runs the study, on this machine or another; its runs leave resumable checkpoints."""
    from ravine.errors import RunError
    from ravine.experiments.owner import ask_to_stop, current
    from ravine.experiments.standing import read_plan

    plan = read_plan(study)
    asked = ask_to_stop(study)
    if asked is None:
        left_behind(study, plan)
        return
    deadline = time.monotonic() + STOP_SECONDS
    while (claim := current(study)) is not None and claim.path == asked.path and claim.holds:
        if time.monotonic() > deadline:
            told = asked.process.told() if asked.process is not None else "its owner"
            raise RunError(f"{study}: {told} was asked to stop, and has not yet; it does when its runs have")
        time.sleep(0.1)
    typer.echo(f"stopped; the same command continues it: {plan['command']}")


def left_behind(study: Path, plan: dict[str, Any]) -> None:
    """End the jobs that a coordinator left behind which is gone itself, where there are any."""
    from ravine.experiments.claiming import planned_again
    from ravine.experiments.executors.choice import chosen
    from ravine.experiments.executors.coordinator import Coordinator
    from ravine.experiments.owner import Ownership

    executor = plan["executor"]
    with Ownership(study):
        placed = chosen(executor["name"], {key: value for key, value in executor.items() if key != "name"})
        coordinator = Coordinator(study, placed.executor(study, 1), stop=lambda: True)
        coordinator.run(planned_again(study))
    typer.echo(f"nobody ran {study}; the same command continues it: {plan['command']}")


@app.command("retry", short_help="Queue failed runs again.")
def retry(
    study: Study,
    runs: Annotated[list[str] | None, typer.Argument(metavar="[RUN]...", help="These alone.")] = None,
) -> None:
    """Queue failed runs again; whoever runs the study takes them up, or the same command does."""
    from ravine.analysis.plan import run_path
    from ravine.errors import InputError
    from ravine.experiments.standing import read_plan, standing
    from ravine.training.directory import RunDirectory

    found = standing(study)
    failed = [run.run for run in found.runs if run.state == "failed"]
    for run in runs or ():
        if run not in failed:
            known = ", ".join(failed) or "none"
            raise InputError(f"{run}: no failed run of {study}; failed: {known}")
    for run in runs or failed:
        *point, arm, seed = run.split("/")
        directory = RunDirectory(run_path(study, arm, int(seed), *point))
        held = directory.status()
        directory.set_status("interrupted", held["step"], held["seconds"])
    count = len(runs or failed)
    who = "taken up by its coordinator" if found.owner is not None else f"taken up by: {read_plan(study)['command']}"
    typer.echo(f"{count} runs put back; {who}" if count else "no run has failed")
