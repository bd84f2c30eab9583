"""The doctor's bench: a pipeline with the problems, landscapes, noise and proposals that checks put to it."""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ravine.batch import Batch, by_problem, per_problem
from ravine.doctor.pipeline import NotOffered, Pipeline, need
from ravine.doctor.shown import Landscapes, Mining, Recipe, Terms
from ravine.doctor.thresholds import limit
from ravine.mining.curriculum import MiningSettings, Stage
from ravine.mining.use import Use
from ravine.seeding import Seeds
from ravine.tasks.answers import AnswerSpace, Reals
from ravine.tasks.base import Task

SEED = 20240
ROWS_A_LANDSCAPE = 4
ROWS = 32
WRONG = 0.5
"""Share of the free cells that the doctor's own wrong answers redraw."""


@dataclass
class Bench:
    """Everything that checks share, made once and only when asked for; all draws have fixed seeds.

    `baseline`: the rows and scores of a run without mining to compare with, if one is at hand.
    """

    pipeline: Pipeline
    baseline: Pipeline | None = None
    _proposed: dict[str, Tensor] = field(default_factory=dict)
    _mined: dict[str, Mining] = field(default_factory=dict)

    @cached_property
    def landscapes(self) -> Landscapes:
        """The pipeline's noise schedule."""
        return self.pipeline.landscapes()

    @cached_property
    def size(self) -> int:
        """How many problems: at least four a landscape."""
        return max(ROWS, ROWS_A_LANDSCAPE * len(self.landscapes))

    @cached_property
    def beginning(self) -> "Bench":
        """The same training at initial weights: what an energy has learned since is no fault of its pipeline."""
        return Bench(self.pipeline.fresh(seed=SEED)) if self.pipeline.trained_steps else self

    @property
    def earliest(self) -> "Bench":
        """The beginning, if it can be had."""
        try:
            return self.beginning
        except NotOffered:
            return self

    def trained(self) -> None:
        """Pass on if the energy is trained."""
        if self.pipeline.trained_steps < limit("trained steps"):
            raise NotOffered("the energy is untrained or barely trained")

    def several(self) -> None:
        """Pass on if answers have more than one entry: of a single one the bound may make every wrong answer right."""
        if self.batch.y[0].numel() == 1:
            raise NotOffered("answers have a single entry, and clipping may turn every wrong one into the right one")

    @cached_property
    def batch(self) -> Batch:
        """The problems with their right answers."""
        return self.pipeline.problems(self.size, SEED)

    @cached_property
    def spread(self) -> Float[Tensor, " b"]:
        """The root mean square of each right answer's entries."""
        return self.batch.y.flatten(1).square().mean(1).sqrt()

    @cached_property
    def task(self) -> Task | None:
        """The pipeline's task, if it can be asked for."""
        try:
            return self.pipeline.task()
        except NotOffered:
            return None

    @property
    def space(self) -> AnswerSpace:
        """Where answers live; real entries where no task says so."""
        return Reals() if self.task is None else self.task.space

    @cached_property
    def free(self) -> Bool[Tensor, "b *answer"]:
        """The entries of the answers that the problems leave open."""
        return self.batch.unknown

    @property
    def device(self) -> torch.device:
        """Where the problems lie."""
        return self.batch.y.device

    @cached_property
    def k(self) -> Int[Tensor, " b"]:
        """Their landscapes, each as often as any other."""
        return torch.arange(self.size, device=self.device) % len(self.landscapes)

    @cached_property
    def eps(self) -> Float[Tensor, "b *answer"]:
        """Their noise."""
        return self.moves("noise")

    @cached_property
    def y_k(self) -> Float[Tensor, "b *answer"]:
        """The noised right answers."""
        return self.noised(self.batch.y, self.k, self.eps)

    def normal(self, shape: torch.Size | tuple[int, ...], name: str) -> Tensor:
        """Return a standard normal draw, always the same for one name."""
        generator = Seeds(SEED, ("doctor", name)).generator()
        return torch.randn(shape, generator=generator).to(self.device)

    def moves(self, name: str) -> Float[Tensor, "b *answer"]:
        """Return standard normal moves of the right answers; given entries stay."""
        return self.normal(self.batch.y.shape, name) * self.free

    def noised(self, y: Tensor, k: Tensor, eps: Tensor) -> Tensor:
        """Return sqrt(abar_k) y + sqrt(1 - abar_k) eps, from the schedule's tables."""
        at = self.landscapes
        return per_problem(at.signal[k], y) * y + per_problem(at.sigma[k], y) * eps

    def scaled(self, y: Tensor, k: Tensor) -> Tensor:
        """Return sqrt(abar_k) y."""
        return per_problem(self.landscapes.signal[k], y) * y

    @cached_property
    def arms(self) -> tuple[str, ...]:
        """The strategies that mine; `NotOffered` where none does."""
        arms = self.pipeline.arms()
        if not arms:
            raise NotOffered("no arm of the configuration mines")
        return arms

    @cached_property
    def contrasting(self) -> tuple[str, ...]:
        """The strategies whose mined points are negatives; `NotOffered` where none's are."""
        return need(self.used_by(lambda use: use.contrast) or None, "no arm's mined points are negatives")

    @cached_property
    def targeting(self) -> tuple[str, ...]:
        """The strategies whose mined points are examples of the denoising loss; `NotOffered` where none's are."""
        return need(self.used_by(lambda use: use.target) or None, "no arm's mined points are examples")

    def used_by(self, asked: Callable[[Use], bool]) -> tuple[str, ...]:
        """Return the strategies whose mined points have a use."""
        return tuple(arm for arm in self.arms if asked(self.pipeline.use(arm)))

    def proposals(self, arm: str) -> Tensor:
        """Return an arm's proposals on the bench's problems, proposed once."""
        if arm not in self._proposed:
            self._proposed[arm] = self.pipeline.proposals(arm, self.batch, self.k, SEED)
        return self._proposed[arm]

    def proposals_or_none(self, arm: str) -> Tensor | None:
        """Return the proposals, or None where the pipeline does not show them."""
        try:
            return self.proposals(arm)
        except NotOffered:
            return None

    def wrong(self, count: int) -> Float[Tensor, "b m *answer"]:
        """Return wrong answers of the doctor's own, of the answers' own kind: half of the free cells redrawn.

        What a miner makes of them does not hang on its proposals, which an energy that has solved its task may bring to
        right answers.
        """
        batch, generator = self.batch.repeat(count), Seeds(SEED, ("doctor", "wrong")).generator(self.device)
        made = self.space.corrupt(batch.y, batch.given, WRONG, generator)
        return by_problem(batch.hold(made.clamp(-self.pipeline.bound, self.pipeline.bound)), count)

    def right(self, answers: Float[Tensor, "b m *answer"]) -> Bool[Tensor, "b m"]:
        """Return which of several answers a problem the task's verifier takes for right; none without a task."""
        count = answers.shape[1]
        if self.task is None:
            return torch.zeros(answers.shape[:2], dtype=torch.bool, device=self.device)
        return by_problem(self.task.solved(self.batch.repeat(count), answers.detach().flatten(0, 1)), count)

    def mined(self, arm: str) -> Mining:
        """Return what an arm mines on the bench's problems, mined once."""
        if arm not in self._mined:
            self._mined[arm] = self.pipeline.mine(arm, self.batch, self.k, self.proposals_or_none(arm), SEED)
        return self._mined[arm]

    def settings(self) -> MiningSettings:
        """Return the settings of the first stage that mines with weight, or where nothing is contrasted of step 0."""
        if not self.weighted and self.used_by(lambda use: use.contrast):
            raise NotOffered("the contrastive term's weight is always 0")
        return self.weighted[0] if self.weighted else self.pipeline.settings_at(0)

    @cached_property
    def weighted(self) -> tuple[MiningSettings, ...]:
        """The settings of every stage that mines negatives with weight, or of the first step if no plan is known."""
        try:
            plan = self.pipeline.plan()
        except NotOffered:
            first = self.pipeline.settings_at(0)
            return (first,) if first.weight > 0 else ()
        negatives = self.used_by(lambda use: use.contrast)
        stages = (stage for stage in plan.stages if stage.weight > 0 and mines(stage, negatives))
        return tuple(MiningSettings(stage.mixture, stage.temperature, stage.weight) for stage in stages)

    def at_work(self, **changes: Any) -> Pipeline:
        """Return a fresh copy at the first step that mines with weight, where that is known and can be gone to."""
        copy = self.pipeline.fresh(**changes)
        with suppress(NotOffered):  # no arm mines, its stages are not known, or it can begin at its beginning alone
            plan = self.pipeline.plan()
            examples = self.used_by(lambda use: use.target)
            working = (s for s in plan.stages if mines(s, examples) or (s.weight > 0 and mines(s, self.arms)))
            start = next((stage.start for stage in working), 0)
            if start > 0:
                copy.jump(-(-start // plan.every) * plan.every)
        return copy

    def loss(self, arm: str, settings: MiningSettings | None = None, pipeline: Pipeline | None = None) -> Terms:
        """Return the losses of the bench's problems with `arm` mining everywhere."""
        chosen = settings or self.settings()
        proposals = self.proposals_or_none(arm)
        return (pipeline or self.pipeline).loss(self.batch, self.k, self.eps, arm, proposals, chosen)

    def denoise(self, rows: Tensor | slice = slice(None), eps: Tensor | None = None) -> Tensor:
        """Return the plain denoising loss of some of the bench's problems, under other noise if asked."""
        at = torch.arange(self.size, device=self.device)[rows]
        batch, noise = self.batch.rows(at), self.eps[at] if eps is None else eps
        plain = [arm for arm in self.pipeline.arms() if not self.pipeline.use(arm).target]
        if not plain:
            idle = MiningSettings((("none", 1.0),), 1.0, 0.0)
            return self.pipeline.loss(batch, self.k[at], noise, "none", None, idle).denoise
        proposals = self.proposals_or_none(plain[0])
        chosen = None if proposals is None else proposals[at]
        return self.pipeline.loss(batch, self.k[at], noise, plain[0], chosen, self.settings()).denoise

    def energy(self, y_k: Tensor, k: Tensor | None = None, x: Tensor | None = None) -> Tensor:
        """Return the energies of points, without a graph."""
        with torch.no_grad():
            found = self.pipeline.energy(self.batch.x if x is None else x, y_k, self.k if k is None else k)
        return found.detach()  # of code that enables gradients for itself

    def energies_of(
        self, answers: Float[Tensor, "b m *answer"], eps: Float[Tensor, "b *answer"] | None = None
    ) -> Float[Tensor, "b m"]:
        """Return the energies of several answers a problem at its landscape, noise-free or under the noise `eps`."""
        several = answers.unbind(1)
        points = [self.scaled(y, self.k) if eps is None else self.noised(y, self.k, eps) for y in several]
        return torch.stack([self.energy(point) for point in points], 1)

    @property
    def recipes(self) -> list[tuple[str, Recipe]]:
        """The strategies that mine, with how each is configured."""
        return [(arm, self.pipeline.recipe(arm)) for arm in self.arms]

    def one_row_at_a_time(self, answers: Float[Tensor, "b *answer"], rows: int) -> Float[Tensor, " rows"]:
        """Return the energies of the first rows' points, each in a batch of its own."""
        parts = [self.energy(answers[i : i + 1], self.k[i : i + 1], self.batch.x[i : i + 1]) for i in range(rows)]
        return torch.cat(parts)


def mines(stage: Stage, arms: Collection[str]) -> bool:
    """Return whether one of the arms mines in a stage."""
    return any(share > 0 and arm in arms for arm, share in stage.mixture)
