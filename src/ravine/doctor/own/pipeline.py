"""ravine's own training as the doctor sees it: built from a configuration, or from a run's directory."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from ravine import build
from ravine.batch import Batch
from ravine.config.schema import RunConfig
from ravine.denoise.base import Denoised
from ravine.denoise.score import Score
from ravine.descent import Descent, projection
from ravine.doctor.own.configured import changed, plan_of, recipe_of, small
from ravine.doctor.own.fields import paths_of, traced_fields, without_energy
from ravine.doctor.own.resume import trained_twice
from ravine.doctor.own.steps import seen, terms_of
from ravine.doctor.pipeline import Pipeline, Place, absent
from ravine.doctor.shown import Landscapes, Mining, Plan, Recipe, Resumed, Seen, Solved, Terms
from ravine.mining.context import MiningContext
from ravine.mining.curriculum import MiningSettings
from ravine.mining.miner import Miner
from ravine.mining.refine.descent import Descend
from ravine.mining.use import Use
from ravine.objective import ArmDraw, Draw, Losses
from ravine.seeding import Seeds
from ravine.tasks.base import Task
from ravine.training.callbacks import Callbacks
from ravine.training.loop import Trainer

UNUSED = Path("nowhere")


class Own(Pipeline):
    """The training that a configuration describes, on small batches.

    `weights`: of a trained energy, by name; `changes`: fields of the small configuration to change, by dotted path.
    """

    leaves_traces = False

    def __init__(
        self,
        config: RunConfig,
        weights: Mapping[str, Tensor] | None = None,
        trained_steps: int = 0,
        name: str = "run",
        changes: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        self.whole_config, self.changes, self.config = config, changes, changed(small(config), changes)
        self.name, self.trained_steps, self.weights = name, trained_steps, weights
        self.trainer = self._trainer(UNUSED)
        self._task = self.trainer.sampler.task
        self.bound = self._task.bound
        self.predicts_noise = isinstance(self.config.training.denoise, Score)
        # A loss of cells, which may be others than the answer's, need not take a mask that the task never has.
        self.holds_given = self.predicts_noise or self.problems(1, 0).given is not None

    def _trainer(self, folder: Path, callbacks: Callbacks | None = None, **changes: Any) -> Trainer:
        made = build.trainer(changed(self.config, changes), folder, callbacks)
        if self.weights is not None:
            made.state.energy.load_state_dict(self.weights)
            made.state.average.load_state_dict(self.weights)
        return made

    def fresh(self, **changes: Any) -> "Own":
        """Return the same training at step 0 with fields changed; one of another shape or seed has its own weights."""
        by_path = paths_of(changes, self.config)
        merged = {**self.changes, **by_path}
        if {"seed", "energy", "diffusion"} & {path.split(".")[0] for path in by_path}:
            return Own(self.whole_config, name=self.name, changes=merged)
        weights = {name: value.clone() for name, value in self.model().state_dict().items()}
        return Own(self.whole_config, weights, self.trained_steps, self.name, merged)

    def model(self) -> nn.Module:
        """Return the energy that is trained."""
        return self.trainer.state.energy

    def landscapes(self) -> Landscapes:
        """Return the run's noise schedule."""
        made = self.trainer.sampler.diffusion
        return Landscapes(made.signal, made.sigma, made.step_size)

    def problems(self, size: int, seed: int) -> Batch:
        """Return training problems."""
        return self._task.sample(size, self._generator("problems", seed))

    def _generator(self, name: str, seed: int) -> torch.Generator:
        return Seeds(seed, ("doctor", name)).generator(build.device(self.config))

    def energy(self, x: Tensor, y_k: Tensor, k: Tensor) -> Tensor:
        """Return the energy's own forward."""
        self._need_energy()
        value: Tensor = self.model()(x, y_k, k)
        return value

    def gradient(self, x: Tensor, y_k: Tensor, k: Tensor) -> Tensor:
        """Return the gradient that the energy itself gives, or without an energy the network's noise prediction."""
        energy = self.trainer.state.energy
        with torch.no_grad():
            return energy.noise_and_energy(energy.condition(x, k), y_k).noise

    def _need_energy(self) -> None:
        if not self.trainer.state.energy.has_energy:
            absent(f"{self.config.energy.name} predicts the noise and has no energy")

    def arms(self) -> tuple[str, ...]:
        """Return the arms that mine."""
        return tuple(arm for arm, miner in self.trainer.sampler.miners.items() if miner is not None)

    def miner(self, arm: str) -> Miner:
        """Return an arm's miner."""
        found = self.trainer.sampler.miners[arm]
        if found is None:
            absent(f"arm {arm!r} mines nothing")
        return found

    def use(self, arm: str) -> Use:
        """Return what the arm's miner says."""
        return self.miner(arm).use

    def recipe(self, arm: str) -> Recipe:
        """Return what the configuration says of an arm."""
        return recipe_of(self.config, arm)

    def _context(self, arm: str, batch: Batch, k: Tensor) -> MiningContext:
        sampler, memory = self.trainer.sampler, self.trainer.state.memories.get(arm)
        energy = self.trainer.state.energy
        eps = batch.free(self._one_noise(batch))
        return MiningContext(energy, self._task, batch, k, sampler.diffusion, sampler.solver, memory, eps)

    def proposals(self, arm: str, batch: Batch, k: Tensor, seed: int) -> Tensor:
        """Return what an arm proposes."""
        return self.miner(arm).proposals(self._context(arm, batch, k), self._generator("mining", seed))

    def mine(self, arm: str, batch: Batch, k: Tensor, proposals: Tensor | None, seed: int) -> Mining:
        """Return what an arm mines."""
        context = self._context(arm, batch, k)
        # Some refinements mine round the right answer's own noise; every row has the first one's, as below.
        eps = context.rows(slice(0, 1)).standard_normal(1, self._generator("noise", seed))[:, 0].expand_as(batch.y)
        context = replace(context, eps=batch.free(eps))
        first = self.proposals(arm, batch, k, seed) if proposals is None else proposals
        condition, noise = self.trainer.state.energy.condition(batch.x, k), self._refinement_noise(arm, context, seed)
        mined = self.miner(arm).choose(condition, context, first, noise)
        return Mining(mined.negatives, mined.candidates, mined.values, mined.evaluations)

    def _one_noise(self, batch: Batch) -> Tensor:
        # A row's noise must not hang on its batch: all rows have one.
        generator, shape = self._generator("noise", 0), batch.y[:1].shape
        one = torch.randn(shape, generator=generator, device=batch.y.device, dtype=batch.y.dtype)
        return one.expand_as(batch.y)

    def _refinement_noise(self, arm: str, context: MiningContext, seed: int) -> Tensor | None:
        # A row's noise must not hang on its batch: every row has the first one's.
        drawn = self.miner(arm).draw(context.rows(slice(0, 1)), self._generator("refinement", seed))
        return None if drawn is None else drawn.expand(len(context.batch), *drawn.shape[1:])

    def loss(
        self, batch: Batch, k: Tensor, eps: Tensor, arm: str, proposals: Tensor | None, settings: MiningSettings
    ) -> Terms:
        """Return the objective's losses."""
        drawn: tuple[ArmDraw, ...] = ()
        if proposals is not None:
            noise = self._refinement_noise(arm, self._context(arm, batch, k), 0)
            drawn = (ArmDraw(arm, self.miner(arm), slice(0, len(batch)), proposals, noise),)
        objective = self.trainer.stepper.objective
        held, seen = objective.denoise, list[tuple[Any, ...]]()

        def look(*args: Any) -> Denoised:
            seen.append(args)
            return held(*args)

        objective.denoise = look  # type: ignore[assignment]
        try:
            losses: Losses = objective(Draw(batch, k, eps, drawn), settings)
        finally:
            objective.denoise = held
        points, targets = seen[0][2:4]
        terms = replace(terms_of(losses), points=points, targets=targets)
        if (one := losses.arms.get(arm)) is None:
            return terms
        positive, negative, answers = one.energy_positive, one.energy_negative, one.mined.negatives
        return replace(terms, energy_positive=positive, energy_negative=negative, negatives=answers)

    def settings_at(self, step: int) -> MiningSettings:
        """Return the curriculum's settings."""
        return self.trainer.curriculum.settings_at(step)

    def plan(self) -> Plan:
        """Return the curriculum, read off the configuration's own fields."""
        return plan_of(self.config)

    def clock(self) -> int:
        """Return the trainer's step."""
        return self.trainer.state.step

    def jump(self, step: int) -> None:
        """Set the trainer's step."""
        self.trainer.state.step = step

    def optimizer(self) -> torch.optim.Optimizer:
        """Return the trainer's optimiser."""
        return self.trainer.stepper.optimizer

    def step(self) -> Seen:
        """Take one step of the trainer, looking over the objective's shoulder; a broken step raises."""
        calls: list[tuple[Draw, MiningSettings, Losses]] = []

        def look(_: nn.Module, given: tuple[Draw, MiningSettings], losses: Losses) -> None:
            calls.append((*given, losses))

        with self.trainer.stepper.objective.register_forward_hook(look):
            stepped = self.trainer.step()
        self.trainer.stepper.health.check()
        return seen(calls, stepped, self.trainer.stepper)

    def fields(self) -> Mapping[str, tuple[Mapping[str, Any], str]]:
        """Return the changes by which each configured field is traced."""
        found = traced_fields(self.config, self.arms(), any(self.use(arm).contrast for arm in self.arms()))
        return found if self.trainer.state.energy.has_energy else without_energy(found, self.config)

    def averaged(self) -> Tensor:
        """Return the averaged weights, flat."""
        return torch.cat([p.detach().flatten().double() for p in self.trainer.state.average.parameters()])

    def solve(self, problems: Batch, starts: Tensor) -> Solved:
        """Return the configured solver's answers by the energy as it stands, with the rounds that it was built with."""
        solver = replace(build.solver(self.config, self._task), rank_rounds=None)

        def renoise(visit: int, some: slice) -> Tensor:
            # A row's noise must not hang on its batch: its own start's entries, in another order.
            return starts.flatten(2).roll(visit, 2).reshape(starts.shape)[some]

        found = solver.solve(self.trainer.state.energy, problems, starts, renoise)
        return Solved(found.answer, found.answers, found.energies)

    def solve_bound(self) -> float:
        """Return the configured solver's bound."""
        return build.solver(self.config, self._task).bound

    def descend(self, place: Place, batch: Batch, start: Tensor, k: Tensor, steps: int) -> Tensor:
        """Return where `steps` descent steps end, with step scale 1 in both places."""
        self._need_energy()
        energy, diffusion = self.trainer.state.energy, self.trainer.sampler.diffusion
        condition = energy.condition(batch.x, k)
        if place == "mining":
            refined = Descend(steps=steps).run(condition, self._context("", batch, k), diffusion.unscale(start, k))
            return diffusion.scale(refined.answers, k)
        solver = build.solver(self.config, self._task, steps)
        project = projection(diffusion, k, self.bound, batch.given, batch.y)
        descent: Descent = replace(solver.descent, step_scale=1.0)
        return descent.run(energy, condition, start, diffusion.step_size[k], project).y

    def task(self) -> Task:
        """Return the run's task."""
        return self._task

    def training_problems(self) -> Batch:
        """Return the problems that the trainer's sampler draws next."""
        state, settings = self.trainer.state, self.settings_at(self.clock())
        return self.trainer.sampler.draw(self.clock(), settings, state.generators, state.memories).batch

    def resumed(self, steps: int, stop_at: int) -> Resumed:
        """Run the trainer in two directories of its own, in one of them with a stop."""
        return trained_twice(self._trainer, steps, stop_at)
