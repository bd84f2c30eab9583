"""`ravine doctor`: is the mining pipeline really connected?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ravine.cli.options import Json, Quiet
from ravine.cli.streams import tell

if TYPE_CHECKING:
    from ravine.config import RunConfig
    from ravine.doctor.examine import Examination
    from ravine.doctor.pipeline import Pipeline

PIPELINES = "ravine.pipelines"
"""The group of entry points by which installed packages add adapters."""


def command(
    source: Annotated[
        str | None, typer.Argument(metavar="[RUN_OR_PRESET]", help="A run's directory, a preset's name, or a file.")
    ] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FIELD=VALUE]...", help="Fields to change; with --pipeline, the factory's options."),
    ] = None,
    phase: Annotated[list[int] | None, typer.Option("--phase", min=1, max=5, help="Only this phase's checks.")] = None,
    pipeline: Annotated[
        str | None, typer.Option("--pipeline", help="A pipeline other than ravine's own: module:factory.")
    ] = None,
    baseline: Annotated[Path | None, typer.Option("--baseline", help="A run without mining to compare with.")] = None,
    trace: Annotated[int | None, typer.Option("--trace", min=1, help="Follow the data through N steps.")] = None,
    prove: Annotated[bool, typer.Option("--prove", help="Plant every known fault and show which check fires.")] = False,
    cheap: Annotated[
        bool, typer.Option("--cheap", help="Only the checks that are made before every training run.")
    ] = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page with figures.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Examine a mining pipeline: exit 0 if it is healthy, 1 if a check fails, 2 if it cannot be examined.

    Warnings alone are healthy.
    """
    from ravine.errors import ConfigurationError

    words = [word for word in (source, *(overrides or [])) if word is not None]
    if not words and pipeline is None:
        raise ConfigurationError("name a run's directory or a preset, or --pipeline module:factory")
    if pipeline is not None and words and "=" not in words[0]:
        raise ConfigurationError(
            f"{words[0]!r} and --pipeline {pipeline}: name one of them; options are written name=value"
        )
    if prove:
        show_proof(words, pipeline, json, quiet)
        return
    patient = outside(pipeline, words) if pipeline else own(words)
    if trace is not None:
        show_trace(patient, trace, json)
        return
    found = examined(patient, phase, cheap, baseline, quiet or json)
    if html is not None:
        from ravine.doctor.page import write_page

        write_page(html, patient, found)
    if json or not quiet:
        show(found, json, html)
    raise typer.Exit(2 if found.broken() else 0 if found.healthy else 1)


def own(words: list[str]) -> "Pipeline":
    """Return ravine's own pipeline for a run's directory, or for a preset or file with overrides."""
    from ravine.doctor.own import Own, OwnRun
    from ravine.errors import ConfigurationError
    from ravine.runs.threads import set_threads

    if Path(words[0]).is_dir():
        if words[1:]:
            raise ConfigurationError(f"{words[0]}: a run is examined as it is; name its config.json to change fields")
        run = OwnRun(Path(words[0]))
        set_threads(run.whole_config)
        return run
    return Own(configured(words), name=words[0])


def configured(words: list[str]) -> "RunConfig":
    """Return the configuration of a preset or file with overrides, whose threads are taken."""
    from ravine.config import read_run
    from ravine.runs.threads import check_threads, set_threads

    config = read_run(words[0], words[1:], tell)
    check_threads(config)
    set_threads(config)
    return config


def outside(path: str, words: list[str]) -> "Pipeline":
    """Return what a factory makes of `name=value` words; whatever it raises, and an exit, is told in one line."""
    import inspect

    import torch

    from ravine.config.sources import parse_override
    from ravine.doctor.blame import place, told
    from ravine.doctor.pipeline import Pipeline
    from ravine.errors import ConfigurationError, RavineError
    from ravine.registry import imported

    torch.set_num_threads(1)  # batches are small: several threads wait for one another; a factory may set others
    options = {".".join(name): value for name, value in map(parse_override, words)}
    try:
        factory = imported(path, "--pipeline", PIPELINES)
        try:
            inspect.signature(factory).bind(**options)
        except TypeError as error:
            raise ConfigurationError(f"--pipeline: {path} does not take these options: {error}") from None
        made = factory(**options)
    except RavineError:
        raise
    except SystemExit as error:
        raise ConfigurationError(f"--pipeline: {path} calls exit({error.code!r}) ({place(error)})") from error
    except Exception as error:
        raise ConfigurationError(f"--pipeline: {path} raises {told(error)} ({place(error)})") from error
    if not isinstance(made, Pipeline):
        raise ConfigurationError(f"--pipeline: {path} returned no ravine.doctor.pipeline.Pipeline but {made!r}")
    return made


def examined(
    patient: "Pipeline", phases: list[int] | None, cheap: bool, baseline: Path | None, silent: bool
) -> "Examination":
    """Examine with a line of progress."""
    from ravine.cli.progress import ProgressLine
    from ravine.doctor.checks import CHECKS
    from ravine.doctor.examine import examine
    from ravine.doctor.own import OwnRun

    other = None if baseline is None else OwnRun(baseline)
    with ProgressLine("examining", len(CHECKS), "checks", silent) as line:
        return examine(patient, phases, cheap, other, on_check=lambda check: line.begin(f"{check.code} {check.title}"))


def show(found: "Examination", json: bool, html: Path | None) -> None:
    """Print the findings by phase, and how the examination ended."""
    from ravine.cli.tables import show_json, show_table
    from ravine.doctor.table import HEADER, by_phase, summary

    if json:
        show_json(
            {
                "pipeline": found.name,
                "healthy": found.healthy,
                "seconds": round(found.seconds, 3),
                "findings": [finding.as_json() for finding in found.findings],
            }
        )
        return
    for title, rows in by_phase(found.findings):
        show_table(HEADER, rows, title=title, left=True)
    typer.echo(summary(found))
    if html is not None:
        typer.echo(f"wrote {html}")


def show_trace(patient: "Pipeline", steps: int, json: bool) -> None:
    """Print the data's way through training steps."""
    from ravine.cli.tables import show_json
    from ravine.doctor.trace import traced

    found = traced(patient, steps)
    if json:
        show_json({"pipeline": patient.name, "steps": [step.as_json() for step in found]})
        return
    for step in found:
        for line in step.lines():
            typer.echo(line)


def show_proof(words: list[str], pipeline: str | None, json: bool, quiet: bool) -> None:
    """Plant every fault and print the matrix; exit 1 if one is not caught or a healthy pipeline is accused."""
    from ravine.cli.progress import ProgressLine
    from ravine.cli.tables import show_json, show_table
    from ravine.doctor.faults import FAULTS
    from ravine.doctor.prove import prove
    from ravine.doctor.table import proof_rows, proof_summary
    from ravine.errors import ConfigurationError

    if pipeline is not None:
        raise ConfigurationError("--prove plants faults in ravine's own training; leave --pipeline out")
    config = configured(words)
    with ProgressLine("planting", len(FAULTS) + 2, "faults", quiet or json) as line:
        found = prove(config, on_fault=line.begin)
    if json:
        show_json(found.as_json())
    elif not quiet:
        rows: list[Any] = proof_rows(found)
        show_table(["fault", "meant for", "caught", "also fired", "seconds"], rows, left=True)
        typer.echo(proof_summary(found))
    raise typer.Exit(0 if found.holds else 1)
