"""The training loop: one clock, one place where anything is read back, and a state that can be left at any step."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from ravine.errors import CheckpointError
from ravine.mining.curriculum import Curriculum, MiningSettings
from ravine.objective import Draw
from ravine.tasks.metrics.base import Metric
from ravine.training import checkpoint
from ravine.training.balance import Balance, gradient_balance
from ravine.training.callbacks import Callbacks
from ravine.training.directory import RunDirectory, State, finite, identity
from ravine.training.ema import AverageRule, move_average
from ravine.training.engines.choice import EAGER, Chosen
from ravine.training.learning_rate import LearningRate
from ravine.training.measures import step_row, whole_row
from ravine.training.ranks import ALONE, Ranks
from ravine.training.sampler import Sampler
from ravine.training.state import TrainingState
from ravine.training.step import Stepped, Stepper

STATUS_SECONDS = 1.0
BEST = f"best{checkpoint.SUFFIX}"


@runtime_checkable
class Validate(Protocol):
    """Scores the averaged energy by a metric: `extra` asks for the further splits too."""

    @property
    def metric(self) -> Metric:
        """What is measured; its direction decides which checkpoint is the best."""
        ...

    def __call__(self, state: TrainingState, extra: bool) -> dict[str, float]:
        """Return the metric on each validation split, the deciding one first."""
        ...


@dataclass(frozen=True)
class Schedule:
    """When things happen, all in optimiser steps; 0 means never (validation) or only at the end (checkpoints).

    `validate_extra`: every how many validations the further splits are scored too; `balance_every`: every how many
    logged rows the two terms' gradients are measured.
    """

    steps: int
    log_every: int = 50
    validate_every: int = 0
    validate_extra: int = 1
    checkpoint_every: int = 0
    balance_every: int = 0


@dataclass
class Trainer:
    """Trains one run in its directory; `run` may be called again on what an earlier call left."""

    state: TrainingState
    stepper: Stepper
    sampler: Sampler
    curriculum: Curriculum
    learning_rate: LearningRate
    average_rule: AverageRule
    schedule: Schedule
    directory: RunDirectory
    config: Mapping[str, Any]
    validate: Validate
    callbacks: Callbacks = field(default_factory=Callbacks)
    ranks: Ranks = ALONE
    engine: Chosen = EAGER
    balance: Balance | None = field(default=None, init=False)

    def resume(self) -> None:
        """Take up the newest checkpoint, if there is one, and drop the metrics written after it."""
        path = checkpoint.newest(self.directory.checkpoints)
        if path is None:
            if self.directory.metrics.exists():
                self.directory.forget_after(-1)
            return
        found = checkpoint.load(path)
        if identity(found.facts["config"]) != identity(self.config):
            raise CheckpointError(f"{path}: the checkpoint of another configuration")
        try:
            self.state.load(found.tensors)
        except (KeyError, RuntimeError) as error:
            raise CheckpointError(f"{path}: does not fit the configuration's model ({error})") from None
        self.state.step = found.facts["step"]
        self.state.evaluations = found.facts["evaluations"]
        self.state.best = float("inf") if found.facts["best"] is None else found.facts["best"]
        self.directory.forget_after(self.state.step)

    def run(self) -> State:
        """Train until the last step or until told to stop, and return "finished" or "interrupted".

        Raises `NonFiniteError` or `MiningError` before a broken step is taken; the last good checkpoint stays.
        """
        clock = Clock(self.directory)
        while self.state.step < self.schedule.steps:
            stepped = self.step()
            step = self.state.step
            last = step == self.schedule.steps
            stopping = self.ranks.any(self.callbacks.stop()) and not last
            if last or due(step, self.schedule.log_every):
                self.stepper.health.check()
                row = self._step_row(stepped, clock)
                clock.loss = row["loss"]
                self._write(row)
            if self.ranks.first and self.schedule.validate_every and (last or due(step, self.schedule.validate_every)):
                self._validate(last)
            saving = self.ranks.any(self.callbacks.save()) or stopping or last
            if self.ranks.first and (saving or due(step, self.schedule.checkpoint_every)):
                self._save(checkpoint.name_of(step))
                checkpoint.prune(self.directory.checkpoints)
            self.callbacks.on_step(step)
            if stopping:
                clock.status("interrupted", step, self.schedule.steps)
                return "interrupted"
            clock.tick(step, self.schedule.steps)
        return "finished"

    def step(self) -> Stepped:
        """Take one training step; nothing is written, and nothing read back from the device."""
        step = self.state.step
        settings = self.curriculum.settings_at(step)
        draw = self.sampler.draw(step, settings, self.state.generators, self.state.memories)
        self._measure_balance(draw, settings)
        stepped = self.stepper.step(step, draw, settings, self.learning_rate.at(step))
        self.state.step = step + 1
        self.state.evaluations += sum(self.ranks.every([part.evaluations for part in stepped.parts]))
        self._remember(draw, stepped)
        if self.average_rule.due(self.state.step):
            move_average(self.state.average, self.state.energy, self.average_rule.decay_after(self.state.step))
        return stepped

    def _measure_balance(self, draw: Draw, settings: MiningSettings) -> None:
        """Measure the gradients before the step that they would take, for every `balance_every`-th row."""
        self.balance = None
        if (
            self.ranks.first
            and draw.arms
            and due(self.state.step + 1, self.schedule.log_every * self.schedule.balance_every)
        ):
            part = draw.parts(self.stepper.accumulation)[0]
            self.balance = gradient_balance(self.stepper.objective, part, settings)

    def _remember(self, draw: Draw, stepped: Stepped) -> None:
        memories = self.state.memories
        if not memories:
            return
        mined = [{name: arm.mined.negatives for name, arm in part.arms.items()} for part in stepped.parts]
        every = zip(self.stepper.parts(draw), self.ranks.every(mined), strict=True)
        # The newest lies in front: last part first, and a step's negatives end in the order of the batch's rows.
        for part, negatives in reversed(list(every)):
            for arm in part.arms:
                if arm.miner is not None and arm.arm in memories and arm.arm in negatives:
                    context = self.sampler.context(part).rows(arm.rows)
                    there = negatives[arm.arm].to(context.batch.y.device)
                    memories[arm.arm] = arm.miner.propose.remember(memories[arm.arm], context, there)

    def _step_row(self, stepped: Stepped, clock: "Clock") -> dict[str, Any]:
        step = self.state.step
        row = whole_row(self.ranks.every([step_row(stepped, self.curriculum.settings_at(step - 1))]))
        rate = self.learning_rate.at(step - 1)
        return {
            "step": step,
            **row,
            "gradient_ratio": None if self.balance is None else self.balance.ratio,
            "gradient_cosine": None if self.balance is None else self.balance.cosine,
            "gradient_examples": None if self.balance is None else self.balance.examples,
            "learning_rate": rate,
            "evaluations": self.state.evaluations,
            "seconds": round(clock.seconds, 3),
        }

    def _validate(self, last: bool) -> None:
        self.stepper.health.check()
        count = self.state.step // self.schedule.validate_every
        extra = last or (bool(self.schedule.validate_extra) and count % self.schedule.validate_extra == 0)
        scores = self.validate(self.state, extra)
        metric = self.validate.metric
        self._write({"step": self.state.step, "metric": metric.name, "validation": scores})
        cost = metric.cost(next(iter(scores.values())))
        if cost < self.state.best:
            self.state.best = cost
            self._save(BEST)

    def _save(self, name: str) -> None:
        self.stepper.health.check()
        self.directory.sync()
        state = self.state
        best = finite(state.best)
        facts = {"config": self.config, "step": state.step, "evaluations": state.evaluations, "best": best}
        checkpoint.save(self.directory.checkpoints / name, state.tensors(), facts)

    def _write(self, row: Mapping[str, Any]) -> None:
        self.directory.append(row)
        self.callbacks.on_row(row)


def due(step: int, every: int) -> bool:
    """Return whether something that happens every `every` steps (0: never) happens after `step` steps."""
    return every > 0 and step % every == 0


class Clock:
    """Seconds of training, those of earlier processes included; kept in the status, never in a checkpoint."""

    def __init__(self, directory: RunDirectory) -> None:
        self.directory = directory
        self.before = float(directory.status()["seconds"])
        self.start = self.told = time.perf_counter()
        self.loss: float | None = None

    @property
    def seconds(self) -> float:
        """Seconds of training so far."""
        return self.before + time.perf_counter() - self.start

    def tick(self, step: int, steps: int) -> None:
        """Write the status now and then."""
        if time.perf_counter() - self.told >= STATUS_SECONDS:
            self.status("running", step, steps)

    def status(self, state: State, step: int, steps: int) -> None:
        """Write the status now."""
        self.told = time.perf_counter()
        self.directory.set_status(state, step, self.seconds, steps=steps, loss=self.loss)
