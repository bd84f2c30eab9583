"""`ravine train --seeds`: several seeds of a run as one program, each in a directory of its own."""

from collections.abc import Mapping, Sequence
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ravine.errors import RunError

if TYPE_CHECKING:
    from ravine.config import RunConfig
    from ravine.training.directory import State
    from ravine.training.files import Keep


def train(
    config: "RunConfig", seeds: Sequence[int], out: Path, resume: bool, keep: "Keep", json: bool, quiet: bool
) -> None:
    """Train the seeds in `out`/seed-N and print each one's scores; exit 130 where they were interrupted.

    A `RunError` tells of the first seed that failed or diverged, once all have ended.
    """
    from ravine import runs
    from ravine.cli.interruption import interruptible, saving
    from ravine.cli.progress import ProgressLine
    from ravine.runs.training import ended
    from ravine.training.callbacks import Callbacks
    from ravine.training.directory import RunDirectory

    configs = {out / f"seed-{seed}": config.model_copy(update={"seed": seed}) for seed in seeds}
    total = config.training.steps
    done = max(RunDirectory(each).status()["step"] for each in configs) if resume else 0
    with interruptible() as stop, ProgressLine(f"{len(seeds)} seeds", total, "steps", quiet or json, done) as line:
        ends = runs.train_together(
            configs, resume, lambda each: Callbacks(on_step=line.at, stop=stop, save=saving(stop)), keep
        )
    if "interrupted" in ends.values():
        typer.echo(f"ravine: interrupted; the same command with --resume continues the seeds in {out}", err=True)
        raise typer.Exit(130)
    scores = {each.name: ended(RunDirectory(each)).scores for each, end in ends.items() if end == "finished"}
    if json:
        typer.echo(dumps(scores, indent=1))
    elif not quiet:
        for name, splits in scores.items():
            typer.echo(f"{name}: {sentence(splits)}")
    refuse_failed(ends)


def sentence(splits: Mapping[str, Mapping[str, float | None]]) -> str:
    """Return scores in one line."""
    from ravine.report.markdown import number

    parts = [", ".join(f"{metric} {number(value)}" for metric, value in each.items()) for each in splits.values()]
    return "; ".join(f"{split}: {part}" for split, part in zip(splits, parts, strict=True))


def refuse_failed(ends: Mapping[Path, "State | Exception"]) -> None:
    """Raise a `RunError` that tells of the first run that did not come to its end, and of how many there are."""
    failed = {out: end for out, end in ends.items() if isinstance(end, Exception)}
    if failed:
        out, error = next(iter(failed.items()))
        raise RunError(f"{len(failed)} of {len(ends)} seeds did not finish; {out}: {error}") from error
