"""One run from its configuration to its scores on the fixed test sets."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from ravine import build, solving
from ravine.batch import Batch
from ravine.config.faults import unknown
from ravine.config.schema import RunConfig
from ravine.config.sources import checked_run, with_overrides
from ravine.energies.base import Energy
from ravine.environment import environment
from ravine.errors import (
    CheckpointError,
    ConfigurationError,
    DivergedError,
    InputError,
    OutputError,
    RavineError,
    RunError,
)
from ravine.evaluation.budget import BudgetScore, budget_scores
from ravine.evaluation.lag import AVERAGED, RAW
from ravine.evaluation.portrait import PROBLEMS, portrait
from ravine.evaluation.score import SplitScore, Tick, score
from ravine.identity import version_of
from ravine.launch import Launch, joined
from ravine.records import LANDSCAPES, Basis, save_scores
from ravine.seeding import Seeds
from ravine.solver import Solver
from ravine.solving import Answers, whole
from ravine.tasks.base import Task
from ravine.tasks.fixed import fixed_split
from ravine.tracking.watch import Watch
from ravine.training import attempts, checkpoint, exported
from ravine.training.callbacks import Began, Callbacks, Ended
from ravine.training.directory import RunDirectory, State, identity, read_json, write_json
from ravine.training.ema import averaged_copy
from ravine.training.files import Keep
from ravine.training.keep import thin
from ravine.training.loop import BEST, Trainer
from ravine.training.ranks import Ranks
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
        return
    size = solving.block_size(task) if problems.ndim and len(problems) else 0
    for start in range(0, len(problems), size) if size else [0]:
        yield unanswered(problems[start : start + size] if size else problems, task)


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


def train(
    config: RunConfig,
    out: str | Path,
    resume: bool = False,
    callbacks: Callbacks | None = None,
    keep: Keep = "all",
) -> State:
    """Train a run in the directory `out`, score it on the fixed test sets, and return how it ended.

    With `resume` an unfinished run goes on from its newest checkpoint, bitwise as if it had not stopped, and a
    finished one is left as it is. `callbacks` hear of every step and row. `keep`: which checkpoints it leaves when it
    has finished: the newest two and the best, its averaged weights alone, or none. Of several processes that torchrun
    started each takes its part of every step; the first writes, validates and scores.
    """
    with joined(build.device(config).type) as launched:
        return _train(config, out, resume, callbacks, keep, launched)


def _train(
    config: RunConfig, out: str | Path, resume: bool, callbacks: Callbacks | None, keep: Keep, launched: Launch
) -> State:
    directory = RunDirectory(out)
    build.require_trackers(config)
    if directory.status()["state"] == "new":
        check_threads(config)
    set_threads(config)
    config, weights = build.start(config)
    trainer = build.trainer(config, directory.path, callbacks, Ranks(launched.rank, launched.size))
    if weights is not None:
        trainer.state.begin(weights)
    split_names(config, trainer.sampler.task)
    if not trainer.ranks.first:
        if trainer.ranks.every(["ready"])[0] == "finished":
            return "finished"
        trainer.resume()
        return Attempt(config, trainer.directory, trainer, version_of(build.code(config, trainer))).run()
    directory.claim(trainer.config)
    with directory.locked():
        state = directory.status()["state"]
        if state == "finished" and resume:
            trainer.ranks.every(["finished"])
            return "finished"
        if (state != "new" or checkpoint.newest(directory.checkpoints)) and not resume:
            raise RunError(f"{out} holds a run already ({state}); add --resume to go on, or choose another --out")
        trainer.resume()
        trainer.callbacks = Watch(build.trackers(config), directory).joined(trainer.callbacks)
        code = build.code(config, trainer)
        computed = environment(build.device(config)) | trainer.ranks.told() | trainer.engine.told()
        attempts.enter(directory, trainer.state.step, computed, code)
        attempt = Attempt(config, directory, trainer, version_of(code), keep)
        if trainer.ranks.size > 1:  # what another process says of its failure is then this attempt's
            attempt.tell("running", trainer.state.step)
        trainer.ranks.every(["ready"])
        return attempt.run()


@dataclass(frozen=True)
class Attempt:
    """One process's share of a run: trains on, then scores; whatever happens ends in the run's status.

    `version`: of the code that this run uses; `keep`: which checkpoints it leaves when finished.
    """

    config: RunConfig
    directory: RunDirectory
    trainer: Trainer
    version: str
    keep: Keep = "all"

    def run(self) -> State:
        """Train and evaluate; a `DivergedError` marks the run diverged, any other exception failed; both go on.

        Where there was no room on the disk the run is interrupted: with room it goes on.
        """
        callbacks, first = self.trainer.callbacks, self.trainer.ranks.first
        try:
            if first:
                held = self.trainer.state
                callbacks.on_start(Began(self.directory.path, self.trainer.config, held.step, len(held.rollbacks)))
            state: State = self.trainer.run()
            if state == "finished" and self.trainer.ranks.first:
                step = self.trainer.state.step
                self._evaluate(step)
                self.tell("finished", step)
                # Only now: a run that dies before it has finished needs the whole checkpoint.
                thin(self.directory, self.keep)
            return state
        except DivergedError as error:
            self.tell("diverged", error.step, error=str(error))
            raise
        except Exception as error:
            full, ranks = isinstance(error, OutputError) and error.full, self.trainer.ranks
            # Of several processes the first to fail says why: the others lose contact with it.
            if ranks.size == 1 or self.directory.status()["state"] != "failed":
                state = "interrupted" if full else "failed"
                self.tell(state, self.trainer.state.step, error=ranks.name() + sentence_of(error))
            raise
        finally:
            if first:
                callbacks.on_end(ended(self.directory))

    def tell(self, state: State, step: int, **details: Any) -> None:
        """Write the run's status."""
        seconds = self.directory.status()["seconds"]
        steps = self.config.training.steps
        self.directory.set_status(state, step, seconds, steps=steps, **details)

    def _evaluate(self, step: int) -> None:
        state = self.trainer.state
        seconds = train_seconds(self.directory)
        self.directory.set_status("running", step, seconds, steps=self.config.training.steps, evaluating=True)
        task = self.trainer.sampler.task
        energy = build.solving(self.config.solve.rounds, state.average)
        loaded = LoadedRun(self.directory, self.config, task, energy, step)
        scores, others = score_splits(loaded), registered_budgets(loaded)
        operations = build.training_cost(self.config, build.operations)(step)
        batch, validation = self.config.training.batch, self._validation()
        basis = Basis(step, batch, state.evaluations, operations, validation, self.version)
        save_scores(self.directory, task.metrics(), scores, others, basis)
        write_json(self.directory.path / LANDSCAPES, landscapes(loaded))

    def _validation(self) -> dict[str, float]:
        """Return the errors of the averaged and the raw weights on the deciding validation split."""
        state = self.trainer.state
        models = {AVERAGED: state.average, RAW: averaged_copy(state.energy)}
        scores = {name: self.trainer.validate(replace(state, average=of), False) for name, of in models.items()}
        return {name: next(iter(found.values())) for name, found in scores.items()}


def sentence_of(error: Exception) -> str:
    """Return an exception in one line: one of ours as it stands, any other with its type."""
    text = " ".join(str(error).split())
    return text if isinstance(error, RavineError) else f"{type(error).__name__}: {text}"


def ended(directory: RunDirectory) -> Ended:
    """Return how the work on a run ended, as its files tell of it; in the middle of a step it was interrupted."""
    status = directory.status()
    state = "interrupted" if status["state"] == "running" else status["state"]
    splits = read_json(directory.evaluation)["splits"] if state == "finished" else {}
    scores = {name: {m: each["value"] for m, each in entry["metrics"].items()} for name, entry in splits.items()}
    return Ended(state, status["step"], status.get("error"), scores)


def train_seconds(directory: RunDirectory) -> float:
    """Return the seconds of training that the run's last logged row tells of."""
    rows = [row["seconds"] for row in directory.rows() if "seconds" in row]
    return float(rows[-1]) if rows else 0.0


def check_threads(config: RunConfig) -> None:
    """Raise a `ConfigurationError` if a run that is to begin here asks for more CPU threads than there are cores."""
    if config.compute.threads > (cores := os.cpu_count() or 1):
        raise ConfigurationError(
            f"compute.threads: {config.compute.threads} of this machine's {cores} cores; write at most {cores}"
        )


def set_threads(config: RunConfig) -> None:
    """Give PyTorch the run's number of CPU threads, if it names one; of a run from a larger machine, all cores."""
    if config.compute.threads:
        torch.set_num_threads(min(config.compute.threads, os.cpu_count() or 1))


def split_names(config: RunConfig, task: Task) -> Sequence[str]:
    """Return the splits to score; a `ConfigurationError` names one that the task does not have or cannot make here."""
    known = (*task.splits, *task.further_splits)
    chosen = config.evaluation.splits or task.splits
    for name in chosen:
        if name not in known:
            raise ConfigurationError(f"evaluation.splits: {unknown('split', name, known)}")
        if name in task.further_splits:
            try:
                fixed_split(task, name, 1)
            except InputError as error:
                raise ConfigurationError(f"evaluation.splits: {error}") from None
    return chosen


def score_splits(
    run: LoadedRun,
    steps: int | None = None,
    starts: int | None = None,
    problems: int | None = None,
    tick: Tick = lambda problems: None,
) -> list[SplitScore]:
    """Score a run's averaged energy on its fixed test sets, with the run's own way of solving unless told otherwise."""
    solver = build.answering(run.config, run.task, steps)
    size = problems or run.config.evaluation.problems
    return [
        score(
            run.task,
            run.energy,
            solver,
            fixed_split(run.task, name, size),
            starts or run.config.solve.starts,
            build.device(run.config),
            tick,
        )
        for name in split_names(run.config, run.task)
    ]


def landscapes(run: LoadedRun) -> dict[str, Any]:
    """Return what a run's averaged energy has learned, on the first problems of its fixed test sets."""
    splits = [fixed_split(run.task, name, PROBLEMS) for name in split_names(run.config, run.task)]
    return portrait(run.task, run.energy, build.solver(run.config, run.task), splits, build.device(run.config))


def budgets(
    run: LoadedRun,
    steps: Sequence[int],
    starts: Sequence[int],
    problems: int,
    tick: Tick = lambda problems: None,
) -> dict[str, list[BudgetScore]]:
    """Score a run's averaged energy at every pair of descent steps per landscape and starts, split by split."""

    def solver_of(count: int) -> Solver:
        return build.answering(run.config, run.task, count)

    return {
        name: budget_scores(
            run.task,
            run.energy,
            solver_of,
            fixed_split(run.task, name, problems),
            steps,
            starts,
            build.device(run.config),
            tick,
        )
        for name in split_names(run.config, run.task)
    }


def registered_budgets(run: LoadedRun) -> dict[str, list[BudgetScore]]:
    """Score a run at each of its `evaluation.budgets`, split by split."""
    by_steps: dict[int, list[int]] = {}
    for steps, starts in run.config.evaluation.budgets:
        by_steps.setdefault(steps, []).append(starts)
    result: dict[str, list[BudgetScore]] = {}
    for steps, counts in by_steps.items():
        for name, scores in budgets(run, [steps], sorted(set(counts)), run.config.evaluation.problems).items():
            result.setdefault(name, []).extend(scores)
    return result


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
        raise RunError(f"{directory.path}: it was trained with --keep none, and its weights are gone; train it anew")
    if file is None:
        command = f"ravine train {directory.config} --out {directory.path} --resume"
        raise RunError(f"{directory.path}: no checkpoint yet; train it with `{command}`")
    return file
