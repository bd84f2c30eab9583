"""A run or a model read back for use: what it was trained as, and how it answers problems."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from ravine import build, solving
from ravine.batch import Batch
from ravine.config.schema import RunConfig
from ravine.config.sources import checked_run, with_overrides
from ravine.energies.base import Energy
from ravine.errors import CheckpointError, InputError, RunError
from ravine.runs.threads import set_threads
from ravine.seeding import Seeds
from ravine.solving import Answers, whole
from ravine.tasks.base import Task
from ravine.training import checkpoint, exported
from ravine.training.directory import RunDirectory, identity, read_json
from ravine.training.loop import BEST
from ravine.training.start import averaged

USE_SECTIONS = ("task", "solve", "evaluation", "compute")
"""What a trained run may be used with otherwise than it was trained."""


@dataclass(frozen=True)
class LoadedRun:
    """A run or a model read back for use: its configuration, task, and averaged energy after `step` steps.

    `directory`: the run's, or the model's folder; `as_trained`: the configuration is the one it was trained with.
    """

    directory: RunDirectory
    config: RunConfig
    task: Task
    energy: Energy[Any]
    step: int
    as_trained: bool = True

    @property
    def unkept(self) -> str:
        """Why nothing that is measured of it is kept in its directory; empty where it is."""
        if exported.is_exported(self.directory.path):
            return "this is a model and no run"
        return "" if self.as_trained else "fields were changed"

    @property
    def stopped(self) -> str:
        """What stands beside scores and costs where solving stops at right answers; empty where it does not."""
        return ", stopped by the task's verifier" if self.config.solve.stop == "solved" else ""

    @property
    def evaluations(self) -> str:
        """What the cost of solving is counted in."""
        return "energy evaluations" if self.energy.has_energy else "noise predictions"

    def solve(
        self,
        problems: Batch | Tensor | NDArray[Any],
        steps: int | None = None,
        starts: int | None = None,
        seed: int = 0,
    ) -> Answers:
        """Solve problems of your own: (b, *problem), where axes of length 1 may be left out, or a `Batch` with givens.

        Where the task says how answers scale (`Task.degree`), problems may be of any scale. `steps`: descent steps per
        landscape, and `starts` per problem, the run's own unless given; `seed`: of the starts' noise. Raises
        `InputError` for problems of another shape or not finite, and where an answer is not finite.
        """
        return whole(list(self.stream([problems], steps, starts, seed)))

    def stream(
        self,
        problems: Iterable[Batch | Tensor | NDArray[Any]],
        steps: int | None = None,
        starts: int | None = None,
        seed: int = 0,
    ) -> Iterator[Answers]:
        """Solve problems that come piece by piece, as `solve` does, and yield answers of blocks: memory stays constant.

        However the pieces are cut, the answers are those of `solve` to all of them, bit for bit.
        """
        pieces = (part for each in problems for part in parts(each, self.task))
        solver, device = build.answering(self.config, self.task, steps), build.device(self.config)
        count, seeds = starts or self.config.solve.starts, Seeds(seed).child("solve")
        yield from solving.stream(self.task, self.energy, solver, pieces, count, seeds, device)


def parts(problems: Batch | Tensor | NDArray[Any], task: Task) -> Iterator[Batch]:
    """Yield problems as batches of at most a block each: an array that is mapped from a file is read as they come."""
    if isinstance(problems, Batch):
        yield problems
    elif problems.ndim and len(problems):
        size = solving.block_size(task)
        yield from (unanswered(problems[start : start + size], task) for start in range(0, len(problems), size))
    else:
        yield unanswered(problems, task)  # which says what is wrong with it


def unanswered(x: Tensor | NDArray[Any], task: Task) -> Batch:
    """Return problems without given entries as a batch; an `InputError` if they are of another shape."""
    made = shaped(x, task)
    return Batch(made, made.new_zeros(len(made), *task.y_shape))


def shaped(x: Tensor | NDArray[Any], task: Task) -> Tensor:
    """Return problems in float64 on the CPU as the task shapes them; an `InputError` if they are of another shape."""
    given = x.detach().cpu() if isinstance(x, Tensor) else torch.tensor(x)
    shape = tuple(given.shape)
    if given.is_complex() or not shape or shape[0] == 0 or without_ones(shape[1:]) != without_ones(task.x_shape):
        wanted = ", ".join(["problems", *map(str, task.x_shape)])
        raise InputError(f"problems of {given.dtype} and shape {shape}; {task.identity} takes real numbers, ({wanted})")
    return given.double().reshape(shape[0], *task.x_shape)


def without_ones(shape: Sequence[int]) -> list[int]:
    """Return a shape's axes that are longer than 1."""
    return [length for length in shape if length != 1]


def load(path: str | Path, which: str = "newest", overrides: Sequence[str] = ()) -> LoadedRun:
    """Read averaged weights back from a run's directory, an exported model's folder, or the model of that name.

    `which`: a run's "newest" or "best" checkpoint. `overrides` may change what it is used on and how: fields of `task`,
    `solve`, `evaluation` and `compute`. Raises `RunError` where there is no such run or model.
    """
    directory = RunDirectory(exported.place(path))
    held = read_json(directory.config)
    config = with_overrides(checked_run(held, f"{directory.config}: "), overrides, USE_SECTIONS)
    file, weights, step = weights_in(directory, held, which)
    set_threads(config)
    task = build.task(config)
    energy = build.energy(config, task)
    try:
        energy.load_state_dict(weights)
    except RuntimeError as error:
        raise CheckpointError(f"{file}: does not fit {directory.config} ({' '.join(str(error).split())})") from None
    energy.requires_grad_(False)
    energy = build.solving(config.solve.rounds, energy)
    return LoadedRun(directory, config, task, energy, step, as_trained=not overrides)


def weights_in(directory: RunDirectory, held: Mapping[str, Any], which: str) -> tuple[Path, Mapping[str, Tensor], int]:
    """Return the file of a run's or a model's weights, these weights, and the step that they are of."""
    if exported.is_exported(directory.path):
        if which == "best":
            raise RunError(f"{directory.path}: a model has one set of weights, its run's last; leave out --best")
        model = exported.read(directory.path)
        return directory.path / exported.WEIGHTS, model.tensors, model.facts["step"]
    file = chosen_checkpoint(directory, which)
    found = checkpoint.load(file)
    if identity(found.facts.get("config", {})) != identity(held):
        raise CheckpointError(f"{file}: the checkpoint of another configuration than {directory.config}")
    return file, averaged(found.tensors), found.facts["step"]


def chosen_checkpoint(directory: RunDirectory, which: str) -> Path:
    """Return the file of the "newest" or the "best" checkpoint; a `RunError` if there is none yet."""
    file = directory.checkpoints / BEST if which == "best" else checkpoint.newest(directory.checkpoints)
    if file is None and directory.status()["state"] == "finished":
        raise RunError(f"{directory.path}: it was trained with --keep none, and its weights are gone; train it again")
    if file is None:
        command = f"ravine train {directory.config} --out {directory.path} --resume"
        raise RunError(f"{directory.path}: no checkpoint yet; train it with `{command}`")
    return file
