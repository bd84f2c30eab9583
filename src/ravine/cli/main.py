"""The entry point: sends a command on its way and turns errors that a user can cause into one line and status 2."""

import errno
import os
import re
import sys
from pathlib import Path
from typing import Any

import typer

from ravine.cli import compare, curriculum, doctor, evaluate, export, listing, power, report, solve, study, train
from ravine.cli.streams import forgive
from ravine.errors import RavineError, why
from ravine.launch import require_alone
from ravine.version import VERSION

USER_FAULTS = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EROFS,
    errno.EACCES,
    errno.EPERM,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.ENAMETOOLONG,
    errno.ENOENT,
    errno.EEXIST,
    errno.ELOOP,
}
"""What a file system may refuse for reasons that are no bug of ours."""
OUT_OF_MEMORY = "allocate memory|out of memory"
"""What PyTorch says where memory ends; NumPy and Python raise a `MemoryError`."""

UsageError: type[Exception] = typer.BadParameter.__mro__[1]  # typer names it nowhere else, and it was click's once
NEXT = """
what to do next:

  solve boards with a pretrained model          ravine solve --model sudoku-9 boards.txt
  ask whether mining helps, in minutes          ravine compare pilot --out out/pilot
  train one run, scored beside trivial rules    ravine train sudoku-4 --out out/sudoku-4
  see whether its mining is connected           ravine doctor out/sudoku-4
  see which tasks, models and presets there are ravine list
  every command, and completion for your shell  ravine --help; ravine --install-completion
"""

app = typer.Typer(
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Train energy models that reason, mine negatives for them, and find out whether the mining helps.",
)
app.command("train", short_help="Train one run and score it.")(train.command)
app.command("compare", short_help="Compare arms over seeds: a study.")(compare.command)
app.command("report", short_help="Write a page on studies or runs.")(report.command)
app.command("evaluate", short_help="Score a run on fixed test sets.")(evaluate.command)
app.command("power", short_help="Say how many seeds a gain needs.")(power.command)
app.command("solve", short_help="Solve problems of your own with a trained model.")(solve.command)
app.command("export", short_help="Write a run as a model that others can use.")(export.command)
app.command("curriculum", short_help="Show a run's mining schedule.")(curriculum.command)
app.command("doctor", short_help="Check whether a mining pipeline is connected.")(doctor.command)
app.add_typer(study.app, name="study", short_help="See how a study stands; stop it, retry its runs.")
app.command("list", short_help="List tasks, energies, arms, presets, models.")(listing.command)


def show_version(wanted: bool) -> None:
    """Print the version and leave."""
    if wanted:
        typer.echo(f"ravine {VERSION}")
        raise typer.Exit()


@app.callback()
def options(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", callback=show_version, is_eager=True, help="Print the version."),
) -> None:
    """Train energy models that reason, mine negatives for them, and find out whether the mining helps."""
    if context.invoked_subcommand is None:
        typer.echo(f"ravine {VERSION}: {app.info.help}\n{NEXT}", nl=False)
        return
    if context.invoked_subcommand != "train":
        require_alone()


def main() -> None:
    """Run the command line; errors that the user can mend exit with 2, bugs with a traceback."""
    forgive()
    try:
        status = app(list(map(at_home, sys.argv[1:])), prog_name="ravine", standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)
    except UsageError as error:
        fail(usage(error))
    except typer.Abort:
        typer.echo("Aborted!", err=True)
        sys.exit(1)
    except RavineError as error:
        fail(str(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        if error.errno not in USER_FAULTS:
            raise
        where = f"{error.filename}: " if error.filename else ""
        fail(f"{where}{why(error)}")
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and not re.search(OUT_OF_MEMORY, str(error)):
            raise
        fail(
            f"not enough memory{wanted(str(error))}; ask for less at a time: training.batch, task.n, starts, candidates"
        )


def at_home(word: str) -> str:
    """Return a word of the command line with the home directory for a ~ after `=`, where shells leave it as it is."""
    name, equals, path = word.partition("=")
    return f"{name}={Path(path).expanduser()}" if equals and re.match("~(/|$)", path) else word


def wanted(error: str) -> str:
    """Return how much memory an allocation asked for, as far as it says so."""
    size = re.search(r"allocate (\d+) bytes|allocate ([\d.]+ \w+)", error)
    if size is None:
        return ""
    return f" for {size[2] or f'{int(size[1]) / 1e9:,.0f} GB'}"


def usage(error: Any) -> str:
    """Return in one line what is wrong with the words of a command, and where its options are listed.

    Where no word was given the command's help is shown, and that is all.
    """
    from ravine.config.schema import RunConfig
    from ravine.config.study import StudyConfig

    told = str(error.format_message()).removesuffix(".").replace("Value error, ", "")
    if told.startswith("Usage:"):
        error.show()
        sys.exit(error.exit_code)
    told = told.partition(", unable to parse")[0].replace(": Input should", ": it should")
    told = told[0].lower() + told[1:]
    field = getattr(error, "option_name", "").lstrip("-")
    context = getattr(error, "ctx", None)
    known = StudyConfig if context and context.info_name == "compare" else RunConfig
    if "." in field or field in known.model_fields:
        return f"{told}; fields are written without dashes, {field}=VALUE"
    return f"{told}; `{context.command_path if context else 'ravine'} -h` lists what there is"


def fail(message: str) -> None:
    """Print what was wrong and leave with status 2."""
    typer.echo(f"ravine: {message}", err=True)
    sys.exit(2)
