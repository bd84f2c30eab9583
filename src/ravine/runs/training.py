"""One run from its configuration to its scores on the fixed test sets."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ravine import build
from ravine.config.schema import RunConfig
from ravine.environment import environment
from ravine.errors import DivergedError, OutputError, RavineError, RunError
from ravine.evaluation.lag import AVERAGED, RAW
from ravine.identity import version_of
from ravine.launch import Launch, joined
from ravine.runs.loading import LoadedRun
from ravine.runs.records import LANDSCAPES, Basis, save_scores
from ravine.runs.scoring import landscapes, registered_budgets, score_splits, split_names
from ravine.runs.threads import check_threads, set_threads
from ravine.tracking.watch import Watch
from ravine.training import attempts, checkpoint
from ravine.training.callbacks import Began, Callbacks, Ended
from ravine.training.directory import RunDirectory, State, read_json, write_json
from ravine.training.ema import averaged_copy
from ravine.training.files import Keep
from ravine.training.keep import thin
from ravine.training.loop import Trainer
from ravine.training.meeting import Meeting
from ravine.training.ranks import Ranks


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
        return train_here(config, out, resume, callbacks, keep, launched)


def train_here(
    config: RunConfig,
    out: str | Path,
    resume: bool,
    callbacks: Callbacks | None,
    keep: Keep,
    launched: Launch,
    meeting: Meeting | None = None,
) -> State:
    """Train a run as `train` does, as one process of those that were launched or one run of a `meeting`."""
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
        if not resume:
            refuse_held(directory)
        trainer.resume()
        trainer.callbacks = Watch(build.trackers(config), directory).joined(trainer.callbacks)
        code = build.code(config, trainer)
        computed = environment(build.device(config)) | trainer.ranks.told() | trainer.engine.told()
        computed |= meeting.add(trainer) if meeting else {}
        attempts.enter(directory, trainer.state.step, computed, code)
        attempt = Attempt(
            config, directory, trainer, version_of(code), keep, meeting.leave if meeting else lambda: None
        )
        if trainer.ranks.size > 1:  # what another process says of its failure is then this attempt's
            attempt.tell("running", trainer.state.step)
        trainer.ranks.every(["ready"])
        return attempt.run()


def refuse_held(directory: RunDirectory) -> None:
    """Raise a `RunError` if a directory holds a run already."""
    state = directory.status()["state"]
    if state != "new" or checkpoint.newest(directory.checkpoints):
        raise RunError(
            f"{directory.path} holds a run already ({state}); add --resume to continue it, or choose another --out"
        )


@dataclass(frozen=True)
class Attempt:
    """One process's share of a run: trains on, then scores; whatever happens ends in the run's status.

    `version`: of the code that this run uses; `keep`: which checkpoints it leaves when finished; `trained`: called when
    it is trained, before it is scored.
    """

    config: RunConfig
    directory: RunDirectory
    trainer: Trainer
    version: str
    keep: Keep = "all"
    trained: Callable[[], None] = lambda: None

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
            self.trained()
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
