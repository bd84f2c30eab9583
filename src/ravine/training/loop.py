"""The training loop: one clock, one place where anything is read back, and a state that can be left at any step."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from ravine.errors import CheckpointError, DivergedError
from ravine.mining.curriculum import Curriculum
from ravine.objective import Draw
from ravine.seeding import Seeds
from ravine.tasks.metrics.base import Metric
from ravine.training import checkpoint
from ravine.training.balance import Balance, gradient_balance
from ravine.training.branches import beside
from ravine.training.callbacks import Callbacks
from ravine.training.directory import RunDirectory, State, finite, identity
from ravine.training.ema import AverageRule, move_average
from ravine.training.engines.base import Take, eagerly
from ravine.training.engines.choice import EAGER, Chosen
from ravine.training.files import step_of
from ravine.training.learning_rate import LearningRate
from ravine.training.measures import step_row, whole_row
from ravine.training.ranks import ALONE, Ranks
from ravine.training.rollback import NEVER, RollbackRule
from ravine.training.sampler import Plan, Sampler
from ravine.training.state import TrainingState
from ravine.training.step import Gradients, Stepped, Stepper, gradients_together, take_together

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

    def logs(self, step: int) -> bool:
        """Return whether a row is written after `step` steps."""
        return step == self.steps or due(step, self.log_every)

    def validates(self, step: int) -> bool:
        """Return whether the validation sets are scored after `step` steps."""
        return due(step, self.validate_every) or (step == self.steps and self.validate_every > 0)

    def saves(self, step: int) -> bool:
        """Return whether a checkpoint is planned after `step` steps: one that a run may go back to."""
        return step == 0 or due(step, self.checkpoint_every)


@dataclass
class Trainer:
    """Trains one run in its directory; `run` may be called again on what an earlier call left.

    `meet`: takes the next step of the run: by itself, or together with those of others (`training.meeting`).
    """

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
    rollback: RollbackRule = NEVER
    engine: Chosen = EAGER
    meet: Callable[["Trainer"], Stepped] = field(default=lambda trainer: trainer.step())
    balance: Balance | None = field(default=None, init=False)
    take: Take = field(default=eagerly, init=False)

    def __post_init__(self) -> None:
        """Take steps as the engine does."""
        self.take = self.engine.engine.taking(self.state.generators)

    def resume(self) -> None:
        """Take up the newest checkpoint, if there is one, and drop the metrics written after it."""
        path = checkpoint.newest(self.directory.checkpoints)
        if path is None:
            if self.directory.metrics.exists():
                self.directory.forget_after(-1)
            return
        self._load(path)
        self.directory.forget_after(self.state.step)
        self._tell_rollbacks(self.directory.append)

    def _load(self, path: Path) -> None:
        found = checkpoint.load(path)
        if identity(found.facts["config"]) != identity(self.config):
            raise CheckpointError(f"{path}: the checkpoint of another configuration")
        try:
            self.state.load(found.tensors, Seeds(self.config["seed"]).child("moved", str(found.facts["step"])))
        except (KeyError, RuntimeError) as error:
            raise CheckpointError(f"{path}: does not fit the configuration's model ({error})") from None
        self.take = self.engine.engine.taking(self.state.generators)  # what was recorded knows the tensors of before
        self.state.step = found.facts["step"]
        self.state.evaluations = found.facts["evaluations"]
        self.state.best = float("inf") if found.facts["best"] is None else found.facts["best"]
        self.state.rollbacks = found.facts.get("rollbacks", ())

    def run(self) -> State:
        """Train until the last step or until told to stop, and return "finished" or "interrupted".

        Raises `DivergedError` or `MiningError` before a broken step is taken; the last good checkpoint stays.
        """
        clock = Clock(self.directory)
        clock.details["rollbacks"] = list(self.state.rollbacks)
        if self.rollback.times and self.state.step == 0 and self.ranks.first:
            self._save(checkpoint.name_of(0))
        while self.state.step < self.schedule.steps:
            try:
                stopping = self._advance(clock)
            except DivergedError as error:
                self._go_back(error)
                clock.details["rollbacks"] = list(self.state.rollbacks)
                clock.status("running", self.state.step, self.schedule.steps)
                continue
            self.callbacks.on_step(self.state.step)
            if stopping:
                clock.status("interrupted", self.state.step, self.schedule.steps)
                return "interrupted"
            clock.tick(self.state.step, self.schedule.steps)
        return "finished"

    def _advance(self, clock: "Clock") -> bool:
        """Take a step and write what is due after it; return whether to stop there."""
        stepped, schedule = self.meet(self), self.schedule
        step = self.state.step
        last = step == schedule.steps
        stopping = self.ranks.any(self.callbacks.stop()) and not last
        saving = self.ranks.any(self.callbacks.save()) or stopping or last or schedule.saves(step)
        if schedule.logs(step) or schedule.validates(step) or saving:
            self.stepper.health.check()  # by all processes at the same step: they stop, or go back, together
        if schedule.logs(step) or (self.rollback.times and schedule.saves(step)):
            row = self._step_row(stepped, clock)
            self.rollback.check(step, row["loss"])
            if schedule.logs(step):
                clock.details["loss"] = row["loss"]
                self._write(row)
        if self.ranks.first and schedule.validates(step):
            self._validate(last)
        if self.ranks.first and saving:
            self._save(checkpoint.name_of(step))
            checkpoint.prune(self.directory.checkpoints, schedule.saves)
        return stopping

    def _go_back(self, error: DivergedError) -> None:
        """Go on from the newest planned checkpoint with a lower learning rate, all processes from the same one.

        The rows and the checkpoints after it are taken away, the best one apart: it was the best on whatever way.
        """
        earlier, best = self.state.rollbacks, self.state.best
        if len(earlier) >= self.rollback.times:
            raise self.rollback.exhausted(error) if earlier else error
        steps = [step_of(file) for file in self.directory.checkpoints.glob(f"step-*{checkpoint.SUFFIX}")]
        to = self.ranks.every([max(filter(self.schedule.saves, steps), default=None)])[0]
        if to is None:  # somebody took them away
            raise error
        self._load(self.directory.checkpoints / checkpoint.name_of(to))
        self.state.rollbacks = [*earlier, self.rollback.entry(error, to, len(earlier) + 1)]
        self.state.best = min(best, self.state.best)
        self.stepper.health.forget()
        self.ranks.every(["loaded"])  # before the first takes anything away
        if self.ranks.first:
            for step in steps:
                if step > to:
                    (self.directory.checkpoints / checkpoint.name_of(step)).unlink()
            self.directory.forget_after(to)
            self._save(checkpoint.name_of(to))
            self._tell_rollbacks(self._write)

    def _tell_rollbacks(self, write: Callable[[Mapping[str, Any]], None]) -> None:
        """Write a row for each rollback that `metrics.jsonl` does not tell of: a run may die between the two."""
        if self.ranks.first:
            known = sum("rollback" in row for row in self.directory.rows())
            for entry in self.state.rollbacks[known:]:
                write({"step": entry["to"], "rollback": entry})

    def rate_at(self, step: int) -> float:
        """Return the learning rate of optimiser step `step`, lowered by each rollback before."""
        return self.learning_rate.at(step) * self.rollback.rate(len(self.state.rollbacks))

    def step(self) -> Stepped:
        """Take one training step; nothing is written, and nothing read back from the device."""
        plan = self.begin()
        stepped = self.alone(plan)
        self.end(stepped)
        return stepped

    def begin(self) -> Plan:
        """Return what the host decides of the next step, and say which one comes."""
        step, self.balance = self.state.step, None
        self.stepper.begin(step, self.rate_at(step))
        return self.sampler.plan(step, self.curriculum.settings_at(step), self.state.generators)

    @property
    def balanced(self) -> bool:
        """Whether the gradients of the next step's terms are measured, as for every `balance_every`-th row."""
        return self.ranks.first and due(self.state.step + 1, self.schedule.log_every * self.schedule.balance_every)

    def alone(self, plan: Plan) -> Stepped:
        """Take the step that was begun."""
        if self.balanced:
            return draw_and_take([self], plan)[0]
        return self.take(plan, lambda: draw_and_take([self], plan))[0]

    def end(self, stepped: Stepped) -> None:
        """Count the step that was taken, and average the weights where that is due."""
        self.state.step += 1
        self.state.evaluations += sum(self.ranks.every([part.evaluations for part in stepped.parts]))
        if self.average_rule.due(self.state.step):
            move_average(self.state.average, self.state.energy, self.average_rule.decay_after(self.state.step))

    def draw(self, plan: Plan) -> Draw:
        """Return the draw of a step; where it is due, the balance of its terms is measured on it."""
        draw = self.sampler.planned(plan, self.state.generators, self.state.memories)
        if self.balanced and draw.arms:
            part = draw.parts(self.stepper.accumulation)[0]
            self.balance = gradient_balance(self.stepper.objective, part, plan.settings)
        return draw

    def remember(self, draw: Draw, stepped: Stepped) -> None:
        """Put what a step mined into the memories of its arms."""
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
                    memories[arm.arm].copy_(arm.miner.propose.remember(memories[arm.arm], context, there))

    def _step_row(self, stepped: Stepped, clock: "Clock") -> dict[str, Any]:
        step = self.state.step
        row = whole_row(self.ranks.every([step_row(stepped, self.curriculum.settings_at(step - 1))]))
        return {
            "step": step,
            **row,
            "gradient_ratio": None if self.balance is None else self.balance.ratio,
            "gradient_cosine": None if self.balance is None else self.balance.cosine,
            "gradient_examples": None if self.balance is None else self.balance.examples,
            "learning_rate": self.rate_at(step - 1),
            "evaluations": self.state.evaluations,
            "seconds": round(clock.seconds, 3),
        }

    def _validate(self, last: bool) -> None:
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
        self.directory.sync()
        state = self.state
        best = finite(state.best)
        facts = {"config": self.config, "step": state.step, "evaluations": state.evaluations, "best": best}
        if state.rollbacks:
            facts["rollbacks"] = state.rollbacks
        checkpoint.save(self.directory.checkpoints / name, state.tensors(), facts)

    def _write(self, row: Mapping[str, Any]) -> None:
        if self.ranks.first:
            self.directory.append(row)
            self.callbacks.on_row(row)


def draw_and_take(trainers: Sequence[Trainer], plan: Plan, gradients: Gradients = gradients_together) -> list[Stepped]:
    """Draw and take a step of one plan in runs that differ in their seeds alone.

    What it changes lies where it lay, so that it may be recorded.
    """
    draws = beside([partial(each.draw, plan) for each in trainers])
    stepped = take_together([each.stepper for each in trainers], draws, plan.settings, gradients)
    for trainer, draw, one in zip(trainers, draws, stepped, strict=True):
        trainer.remember(draw, one)
    return stepped


def due(step: int, every: int) -> bool:
    """Return whether something that happens every `every` steps (0: never) happens after `step` steps."""
    return every > 0 and step % every == 0


class Clock:
    """Seconds of training, those of earlier processes included; kept in the status, never in a checkpoint."""

    def __init__(self, directory: RunDirectory) -> None:
        self.directory = directory
        self.before = float(directory.status()["seconds"])
        self.start = self.told = time.perf_counter()
        self.details: dict[str, Any] = {"loss": None}

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
        self.directory.set_status(state, step, self.seconds, steps=steps, **self.details)
