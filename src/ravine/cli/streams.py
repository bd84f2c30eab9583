"""Standard output and error, whatever their encoding: a sign that it lacks is spelled out, and never ends a run."""

import codecs
import sys

import typer

SPELLED = {"±": "+-", "—": "-", "…": "...", "²": "^2", "─": "-", "━": "-"}
ERRORS = "ravine-spelled"


def spelled(error: UnicodeError) -> tuple[str, int]:
    """Return signs that an encoding lacks in ones that it has, and where to go on."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(SPELLED.get(sign, "?") for sign in error.object[error.start : error.end]), error.end


def tell(line: str) -> None:
    """Say something beside the results, on standard error."""
    typer.echo(f"ravine: {line}", err=True)


def forgive() -> None:
    """Let both streams spell out what their encoding lacks."""
    codecs.register_error(ERRORS, spelled)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=ERRORS)
