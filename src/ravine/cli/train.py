"""`ravine train`: one run."""

from collections.abc import Mapping
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ravine.cli.completion import run_sources
from ravine.cli.options import Json, KeepChoice, NoDoctor, Out, Overrides, Quiet
from ravine.cli.streams import tell
from ravine.report.markdown import number

if TYPE_CHECKING:
    from ravine.config import RunConfig
    from ravine.report.measure import Measure


def command(
    source: Annotated[
        str,
        typer.Argument(
            metavar="PRESET_OR_FILE", help="A preset's name, or a TOML or JSON file.", autocompletion=run_sources
        ),
    ],
    overrides: Overrides = None,
    from_: Annotated[Path | None, typer.Option("--from", help="Begin with the weights of this trained run.")] = None,
    out: Out = Path("out/run"),
    seeds: Annotated[
        str | None, typer.Option("--seeds", help="Train these seeds together, in --out/seed-N: 0,1,2.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue the run in --out.")] = False,
    keep: Annotated[KeepChoice, typer.Option("--keep", help="Checkpoints left by a finished run.")] = KeepChoice.ALL,
    no_doctor: NoDoctor = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train one run, then score it on the fixed test sets beside the trivial baselines."""
    from ravine import runs
    from ravine.cli import evaluate
    from ravine.cli import seeds as together
    from ravine.cli.gate import refuse_failing
    from ravine.cli.interruption import interruptible, saving
    from ravine.cli.numbers import counts
    from ravine.cli.progress import ProgressLine
    from ravine.config import read_run
    from ravine.launch import launch
    from ravine.training.callbacks import Callbacks
    from ravine.training.directory import RunDirectory

    started = [] if from_ is None else [f"training.start_from={dumps(str(from_))}"]
    bystander = launch().rank > 0
    config = read_run(source, [*(overrides or []), *started], (lambda line: None) if bystander else tell)
    quiet = quiet or bystander
    if not (no_doctor or resume or bystander):
        refuse_failing(config)
    if (numbers := counts(seeds, "--seeds", 0)) is not None:
        together.train(config, numbers, out, resume, keep.value, json, quiet)
        return
    total, note, scored = config.training.steps, "", ""
    measure: Measure | None = None
    done = RunDirectory(out).status()["step"] if resume else 0
    with interruptible() as stop, ProgressLine("training", total, "steps", quiet or json, done) as line:

        def on_row(row: Mapping[str, Any]) -> None:
            nonlocal note, scored, measure
            if "validation" in row:
                # Made when it is first needed: a task may have data to read.
                measure = measure or measure_of(config, row["metric"])
                scored = validation_note(measure, row["validation"])
            elif "loss" in row:
                note = ", ".join([f"loss {row['loss']:.4g}", *map(arm_note, row["arms"].items())])

        callbacks = Callbacks(
            lambda step: line.at(step, ", ".join(filter(None, (note, scored)))), on_row, stop, saving(stop)
        )
        state = runs.train(config, out, resume, callbacks, keep.value)
    if bystander:
        return
    if state == "interrupted":
        typer.echo(f"ravine: interrupted; continue with `ravine train {source} ... --out {out} --resume`", err=True)
        raise typer.Exit(130)
    for told in told_of(RunDirectory(out).status()):
        typer.echo(f"ravine: {told}", err=True)
    if json or not quiet:
        evaluate.show_stored(out, json)


def told_of(status: Mapping[str, Any]) -> list[str]:
    """Return what is to be said of a run's way: moves to other environments, and ways back after divergences."""
    from ravine.training.rollback import sentence

    moves = [
        f"went on under another environment, and is not bitwise what it would have been: {move}"
        for move in status.get("moved", ())
    ]
    return [*moves, *(f"diverged, and {sentence(entry)}" for entry in status.get("rollbacks", ()))]


def measure_of(config: "RunConfig", name: str) -> "Measure":
    """Return a metric of the configured task as it is shown."""
    from ravine import build
    from ravine.report.measure import Measure
    from ravine.runs.records import described_metric

    return Measure.of(name, described_metric(build.task(config).metric(name)))


def validation_note(measure: "Measure", validation: Mapping[str, Any]) -> str:
    """Return what the progress line says of a validation: the metric by its label, on every split."""
    return f"{measure.label} " + ", ".join(f"{measure.text(value)} on {split}" for split, value in validation.items())


def arm_note(entry: tuple[str, Mapping[str, Any]]) -> str:
    """Return what the progress line says of an arm: its share, and how far its negatives lie above right answers."""
    arm, measured = entry
    return f"{arm} {measured['share']:.0%} gap {number(measured['gap'])}"
