"""`ravine report`: studies and runs on one page."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ravine.cli.options import Json, Open, Quiet

if TYPE_CHECKING:
    from ravine.report.page import Written


def command(
    directories: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Directories of studies or runs.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="The page; default: report.html in DIR.")
    ] = None,
    open_: Open = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a page on studies or runs, the verdict first, and the same as Markdown with pictures."""
    from ravine.errors import InputError
    from ravine.report.page import write

    if out is not None and (out.is_dir() or out.suffix not in {".html", ".htm"}):
        raise InputError(f"--out {out}: name a file that ends in .html; report.md is written beside it")
    lacking = [path for path in directories if not measure_baselines(path)]
    written = write(directories, out)
    if json:
        show_json_of(written, directories)
    elif not quiet:
        show(written, directories)
        for path in lacking:
            typer.echo(f"ravine: {path}: its task's baselines cannot be measured here, so none is shown", err=True)
    if open_:
        show_page(written.page)


def measure_baselines(path: Path) -> bool:
    """Measure the trivial baselines of a scored single run that has none; return whether all is as it should be."""
    if not (path / "evaluation.json").exists():
        return True
    from ravine.config.sources import checked_run
    from ravine.errors import RavineError
    from ravine.experiments.collecting import study_baselines
    from ravine.report.reading.directory import read
    from ravine.training.directory import read_json

    if read(path).results.get("baselines"):
        return True
    try:
        study_baselines(checked_run(read_json(path / "config.json")), path)
    except RavineError:
        return False
    return True


def show(written: "Written", directories: list[Path]) -> None:
    """Print every verdict and the files written."""
    for path, verdict in zip(directories, written.verdicts, strict=True):
        typer.echo(verdict.text if len(directories) == 1 else f"{path}: {verdict.text}")
    typer.echo(f"wrote {written.page} and {written.markdown}, with {len(written.figures)} figures")


def show_json_of(written: "Written", directories: list[Path]) -> None:
    """Print verdicts and files as JSON."""
    from ravine.cli.tables import show_json

    verdicts = [
        {
            "directory": str(path),
            "name": verdict.name,
            "sentence": verdict.text,
            "evidence": list(verdict.evidence),
            "next": list(verdict.next),
        }
        for path, verdict in zip(directories, written.verdicts, strict=True)
    ]
    files = {"page": str(written.page), "markdown": str(written.markdown), "figures": [str(f) for f in written.figures]}
    show_json({"verdicts": verdicts, **files})


def show_page(page: Path) -> None:
    """Open a page in a browser where there is a screen; where there is none, say so."""
    import os
    import sys
    import webbrowser

    screen = sys.platform in {"darwin", "win32"} or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if not (screen and webbrowser.open(page.resolve().as_uri())):
        typer.echo(f"ravine: no screen to open {page} on", err=True)
