"""`ravine solve`: a user's own problems in, predicted answers out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ravine.cli.completion import model_names
from ravine.cli.options import Json, Overrides, Quiet, png

if TYPE_CHECKING:
    from ravine.batch import Batch
    from ravine.runs import LoadedRun
    from ravine.solving import Answers
    from ravine.tasks.files import OwnProblems, ProblemFiles

ROWS = 20
"""Of so many problems the table and the answers are shown."""


def command(
    first: Annotated[
        str,
        typer.Argument(metavar="[RUN] FILE", help="A run's directory, unless --model is given; problems of its task."),
    ],
    more: Overrides = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            "-m",
            help="A pretrained model (ravine list models), or an exported one.",
            autocompletion=model_names,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where answers go; default: answers.npy, .txt.")
    ] = None,
    steps: Annotated[int | None, typer.Option("--steps", min=0, help="Descent steps per landscape.")] = None,
    starts: Annotated[
        int | None, typer.Option("--starts", "--restarts", min=1, help="Starts per problem; the lowest energy wins.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the starts' noise.")] = 0,
    figure: Annotated[
        Path | None, typer.Option("--figure", callback=png, help="Draw the first answer forming, as PNG.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Solve your own problems with a trained model, and report how well: matrices (.npy, .csv), boards (.txt, .csv).

    Fields of solve and compute can be changed: solve.stop=solved starts no problem again that the verifier takes for
    solved.
    """
    from ravine import runs
    from ravine.cli.progress import ProgressLine
    from ravine.cli.tables import show_json
    from ravine.solving import block_size

    source, file, overrides = told([first, *(more or [])], model)
    loaded = runs.load(source, overrides=overrides)
    files = files_of(loaded)
    out = out or Path(f"answers{files.formats[0]}")
    files.check_output(out)
    check_apart(file, out)
    own = Own.checked(files, file)
    loaded = resized(loaded, own.first, file, overrides)
    silent = quiet or json or own.count <= block_size(loaded.task)
    head: Answers | None = None
    problems, spent = list[dict[str, Any]](), 0.0
    with ProgressLine("solving", own.count, "problems", silent) as line:
        for answers in written(files, loaded.stream(own.pieces(), steps, starts, seed), out):
            head, spent = head or answers, spent + answers.solution.evaluations * len(answers.problems)
            if json:
                columns = table(files, answers, len(answers.problems))
                problems += [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
            line.advance(len(answers.problems))
    assert head is not None  # a file without a problem is refused
    paths = [out]
    if figure is not None:
        draw(files, head, figure)
        paths.append(figure)
    if json:
        content = {"problems": problems, "energy_evaluations": spent / own.count}
        show_json({**content, "wrote": [str(path) for path in paths]})
    elif not quiet:
        show(files, head, own.count)
        cost = f"{spent / own.count:.6g} {loaded.evaluations} per problem"
        typer.echo(f"{cost}{loaded.stopped}; wrote " + ", ".join(str(path) for path in paths))


@dataclass(frozen=True)
class Own:
    """A file of problems, looked through once: the first piece of it, and how many problems there are in all."""

    files: "ProblemFiles"
    file: Path
    first: "OwnProblems"
    count: int

    @classmethod
    def checked(cls, files: "ProblemFiles", file: Path) -> "Own":
        """Return what a file holds; an `InputError` names its first fault, before anything is solved."""
        pieces = files.pieces(file)
        first = next(pieces)
        return cls(files, file, first, len(first.batch) + sum(len(piece.batch) for piece in pieces))

    def pieces(self) -> Iterator["Batch"]:
        """Yield the problems, piece by piece: read again, unless one piece is all."""
        if len(self.first.batch) == self.count:
            yield self.first.batch
        else:
            yield from (piece.batch for piece in self.files.pieces(self.file))


def written(files: "ProblemFiles", parts: Iterable["Answers"], out: Path) -> Iterator["Answers"]:
    """Write answers as they come, and yield them; `out` is there when all are."""
    from ravine.training.files import replacing, writing

    suffix, count = out.suffix.lower(), 0
    out.parent.mkdir(parents=True, exist_ok=True)
    with replacing(out) as stream, writing(out):
        for answers in parts:
            if not count:
                stream.write(files.heading(suffix, count, answers.problems, answers.answer))
            stream.write(files.body(suffix, answers.problems, answers.answer))
            count += len(answers.answer)
            yield answers
        stream.seek(0)
        stream.write(files.heading(suffix, count, answers.problems, answers.answer))


def told(words: Sequence[str], model: str | None) -> tuple[str, Path, list[str]]:
    """Return the run or model, the file of problems, and the fields to change; an `InputError` says what is missing."""
    from ravine.errors import InputError

    source, *rest = words if model is None else (model, *words)
    if not rest or ("=" in rest[0] and not Path(rest[0]).exists()):
        said = "RUN FILE` or `ravine solve --model NAME FILE" if model is None else f"--model {model} FILE"
        raise InputError(f"no file of problems is given; write `ravine solve {said}`")
    if model is not None and rest[0] and Path(rest[0]).is_dir():
        raise InputError(f"{rest[0]}: a directory, and --model {model} is named, too; name one of them, then a file")
    if model is not None and len(rest) > 1 and "=" not in rest[1]:
        raise InputError(f"{rest[0]!r} and {rest[1]!r}: --model {model} takes one file; fields are written field=value")
    return source, Path(rest[0]), rest[1:]


def check_apart(file: Path, out: Path) -> None:
    """Raise an `InputError` if answers would take the place of their problems."""
    from ravine.errors import InputError

    if out.exists() and file.exists() and out.samefile(file):
        raise InputError(f"--out {out}: holds the problems; name another file for the answers")


def files_of(loaded: "LoadedRun") -> "ProblemFiles":
    """Return the task's way with files; an `InputError` where it has none."""
    from ravine.errors import InputError

    files = loaded.task.files()
    if files is None:
        raise InputError(f"task {loaded.task.name!r} reads no files; solve in Python: ravine.load(RUN).solve(problems)")
    return files


def resized(loaded: "LoadedRun", own: "OwnProblems", file: Path, overrides: Sequence[str]) -> "LoadedRun":
    """Return the same weights for problems of the file's size; an `InputError` if they have another size in them."""
    from ravine import runs
    from ravine.errors import CheckpointError, InputError

    config = loaded.config.task.model_dump()
    changes = [f"task.{name}={value}" for name, value in own.fields.items() if config.get(name) != value]
    if not changes:
        return loaded
    try:
        return runs.load(loaded.directory.path, overrides=[*overrides, *changes])
    except CheckpointError:
        sizes = f"problems of {', '.join(changes)}, but the run was trained on {loaded.task.identity}"
        raise InputError(f"{file}: {sizes}, and the weights of its energy fit no other size") from None


def table(files: "ProblemFiles", answers: "Answers", most: int) -> Mapping[str, Sequence[Any]]:
    """Return what is known of the first answers, at `most` so many, by key."""
    rows = slice(most)
    checks = {name: values[rows].tolist() for name, values in answers.checks.items()}
    energies = {} if answers.energy is None else {"energy": answers.energy[rows].tolist()}
    return {**checks, **files.judged(answers.problems.rows(rows), answers.answer[rows]), **energies}


def show(files: "ProblemFiles", answers: "Answers", count: int) -> None:
    """Print the first of `count` answers, those that have a form for a terminal, and the table."""
    from ravine.cli.tables import show_table
    from ravine.report.markdown import number

    for index in range(min(count, ROWS)):
        rows = slice(index, index + 1)
        if text := files.shown(answers.problems.rows(rows), answers.answer[rows]):
            typer.echo(text)
    columns = table(files, answers, ROWS)
    cells = [[cell if isinstance(cell, str) else number(cell) for cell in values] for values in columns.values()]
    headings = [files.headings.get(key, key) for key in columns]
    show_table(["problem", *headings], [[str(i), *row] for i, row in enumerate(zip(*cells, strict=True))])
    if count > ROWS:
        typer.echo(f"... and {count - ROWS} more; --json shows all")


def draw(files: "ProblemFiles", answers: "Answers", path: Path) -> None:
    """Draw how the first problem's answer formed along the landscapes."""
    from ravine.report import figures

    way = answers.solution.trajectory
    scaled = way.answers[:, 0].double().cpu() * answers.factor[0]
    pictures = files.pictures(answers.problems.rows(slice(1)), scaled)
    path.parent.mkdir(parents=True, exist_ok=True)
    energies = None if way.energies is None else way.energies[:, :, 0].double().cpu().numpy()
    figures.save(figures.answer_forming(files.title, pictures, way.order, energies), path)
