"""`ravine compare`: arms by seeds, paired."""

import sys
from collections import Counter
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ravine.cli.completion import study_sources
from ravine.cli.options import Json, KeepChoice, NoDoctor, Open, Out, Overrides, Quiet
from ravine.cli.streams import tell
from ravine.errors import ConfigurationError

if TYPE_CHECKING:
    from ravine.config.study import StudyConfig
    from ravine.experiments.comparison import Outcome
    from ravine.experiments.executors.base import ExecutorConfig


def command(
    source: Annotated[
        str,
        typer.Argument(
            metavar="PRESET_OR_FILE", help="A study preset's name, or a TOML file.", autocompletion=study_sources
        ),
    ],
    overrides: Overrides = None,
    out: Out = Path("out/study"),
    seeds: Annotated[int | None, typer.Option("--seeds", min=1, help="Seeds per arm.")] = None,
    arms: Annotated[str | None, typer.Option("--arms", help="Arms to run, with commas: none,adversarial.")] = None,
    on: Annotated[str, typer.Option("--on", help="Where runs are started: local, slurm.")] = "local",
    workers: Annotated[int | None, typer.Option("--workers", min=0, help="Runs at a time; 0: as cores allow.")] = None,
    threads: Annotated[int | None, typer.Option("--threads", min=1, help="CPU threads of each run.")] = None,
    together: Annotated[
        int | None,
        typer.Option("--together", min=1, help="Seeds of an arm that a process, or a job, trains as one program."),
    ] = None,
    gpus: Annotated[str | None, typer.Option("--gpus", help="local: which, 0,1; slurm: how many per job.")] = None,
    partition: Annotated[str | None, typer.Option("--partition", help="slurm: the partition.")] = None,
    time: Annotated[str | None, typer.Option("--time", help="slurm: time limit of a job, 02:00:00.")] = None,
    mem: Annotated[str | None, typer.Option("--mem", help="slurm: memory of a job, 8G.")] = None,
    max_parallel: Annotated[int | None, typer.Option("--max-parallel", min=1, help="slurm: jobs at a time.")] = None,
    sbatch: Annotated[
        list[str] | None, typer.Option("--sbatch", help="slurm: further options of sbatch, account=mine.")
    ] = None,
    attempts: Annotated[
        int, typer.Option("--attempts", min=1, help="Crashes at one checkpoint after which a run has failed.")
    ] = 3,
    keep: Annotated[KeepChoice | None, typer.Option("--keep", help="Checkpoints left by finished runs.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan: runs, time, storage, power.")] = False,
    open_: Open = False,
    no_doctor: NoDoctor = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare arms over seeds, paired by seed; a second call continues what is unfinished."""
    from ravine.cli.gate import refuse_failing_arms
    from ravine.cli.interruption import interruptible
    from ravine.cli.progress import ProgressLine
    from ravine.config import read_study
    from ravine.experiments import comparison, planning
    from ravine.experiments.executors.choice import chosen
    from ravine.experiments.owner import refuse_owned
    from ravine.experiments.progress import Progress

    if on != "local" and workers is not None:
        raise ConfigurationError(f"--workers goes with --on local; {on} takes --max-parallel")
    threaded = [f"compute.threads={threads}"] if threads else []
    words, kept = [*(overrides or []), *threaded], keep and keep.value
    study = read_study(source, words, tell, seeds=seeds, workers=workers, keep=kept)
    options: dict[str, Any] = {"threads": threads, "gpus": gpus, "partition": partition, "time": time, "mem": mem}
    options |= {"together": together, "max_parallel": max_parallel, "sbatch": sbatch}
    executor = chosen(on, options | ({"workers": study.workers} if on == "local" else {}))
    if arms is not None:
        study = comparison.pick(study, [arm.strip() for arm in arms.split(",") if arm.strip()])
    if dry_run:
        show_forecast(study, out, executor, json)
        return
    refuse_owned(out)
    planning.check_study(study)
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

        line_of_command = comparison.command_line(sys.argv[1:])
        outcome = comparison.run_study(study, out, on_progress, stop, line_of_command, executor, attempts)
    if not outcome.complete:
        typer.echo(f"ravine: interrupted; the same command continues the study in {out}", err=True)
        raise typer.Exit(130)
    if json or not quiet:
        show(outcome, json)
    if open_:
        from ravine.cli.report import show_page

        show_page(outcome.page)
    refuse_unended(outcome, out)


def refuse_unended(outcome: "Outcome", out: Path) -> None:
    """Exit 1 where runs did not end, with their states and where to look."""
    from ravine.report.listing import unended

    if lacking := Counter(run["state"] for _, _, run in unended(outcome.results)):
        told = ", ".join(f"{count} {state}" for state, count in sorted(lacking.items()))
        typer.echo(
            f"ravine: some runs did not end ({told}); see the table and the train.log files under {out}, "
            "then the same command continues them",
            err=True,
        )
        raise typer.Exit(1)


def show_forecast(study: "StudyConfig", out: Path, executor: "ExecutorConfig", json: bool) -> None:
    """Print what a study would come to, and what the executor would be told."""
    from ravine.cli.tables import show_json, show_table
    from ravine.experiments import forecast

    found = forecast.forecast(study, out, executor)
    if json:
        show_json(found.described())
        return
    show_table(found.header(), found.rows())
    for sentence in found.sentences():
        typer.echo("\n".join(wrap(sentence, 100)))
    if found.script:
        typer.echo(found.script)


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
    if points := sum(bool(place["name"]) for place in results["axes"]):
        typer.echo(f"along the axes: {points} points, exploratory; the results of each lie below {subject.path}/points")
    for sentence in (*unended_runs(results), *results["environment"]["differences"], headline(results)):
        typer.echo("\n".join(wrap(sentence, 100)))
    typer.echo(f"report: {outcome.page}")
