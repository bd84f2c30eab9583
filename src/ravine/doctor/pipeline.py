"""What the doctor may ask of a training, ravine's own or anybody's who wraps it.

An adapter overrides what its training can offer, and answers in the forms of `shown`. Everything else raises
`NotOffered`, and the checks that need it are "not applicable", with the reason.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Literal, NoReturn, TypeVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ravine.batch import Batch
from ravine.doctor.copies import copied
from ravine.doctor.shown import History, Landscapes, Mining, Plan, Recipe, Resumed, Seen, Solved, Terms
from ravine.mining.curriculum import MiningSettings
from ravine.mining.use import CONTRAST, Use
from ravine.tasks.base import Task

T = TypeVar("T")
Place = Literal["mining", "solving"]


class NotOffered(Exception):  # noqa: N818 - no error: the adapter has not got it
    """Something that the pipeline has not got; its text is the reason that the report gives."""


class Pipeline:
    """A training as the doctor sees it: override what yours can offer.

    The least that is worth wrapping: `model`, `landscapes`, `problems`, `energy`, and `mine`; `loss` is worth it
    together with `settings_at`. Batches, landscapes and shapes are the doctor's: b rows, m candidates, s negatives.
    """

    name: str = "pipeline"
    bound: float = float("inf")
    """Entries of answers and negatives lie within +-bound; inf where nothing is clipped."""
    trained_steps: int = 0
    """Optimiser steps that the weights have seen."""
    predicts_noise: bool = True
    """Whether the denoising loss is the error of the gradient as a noise prediction."""
    holds_given: bool = False
    """Whether the training knows of entries of the answer that the problem gives."""
    space: Literal["answers", "landscape"] = "answers"
    """Where proposals and negatives live: in answer space, or as noised points of their row's landscape."""
    tempered: bool = True
    """Whether the contrastive term divides energies by the temperature of the settings."""
    weighable: bool = True
    """Whether `loss` obeys the weight of the settings that it is called with, whatever that is."""
    mixed: Literal["rows", "batch"] = "rows"
    """Whether a mixture's arms share the rows of every batch, or one of them is drawn for a whole batch."""
    global_randomness: bool = False
    """Whether mining draws from the global generators. The doctor holds them apart for every copy."""
    leaves_traces: bool = True
    """Whether questions may leave traces: a memory, a generator that moves. Each is then put to a copy."""

    def model(self) -> nn.Module:
        """Return the module that holds the parameters of the energy."""
        absent("no model")

    def landscapes(self) -> Landscapes:
        """Return the noise schedule."""
        absent("no noise schedule")

    def problems(self, size: int, seed: int) -> Batch:
        """Return `size` training problems with right answers; equal seeds give equal problems."""
        absent("no problems")

    def energy(self, x: Tensor, y_k: Tensor, k: Int[Tensor, " b"]) -> Float[Tensor, " b"]:
        """Return E(x, y_k, k), low where right, differentiable in `y_k` and in the parameters."""
        absent("no energy")

    def gradient(self, x: Tensor, y_k: Tensor, k: Int[Tensor, " b"]) -> Tensor:
        """Return the gradient in `y_k` that the training itself uses; by default that of `energy`, by autograd."""
        with torch.enable_grad():
            point = y_k.detach().requires_grad_()
            return torch.autograd.grad(self.energy(x, point, k).sum(), point)[0]

    def arms(self) -> tuple[str, ...]:
        """Return the names of the mining strategies in use, without those that mine nothing."""
        return ("mining",)

    def use(self, arm: str) -> Use:
        """Return what an arm's mined points are used for."""
        return CONTRAST

    def recipe(self, arm: str) -> Recipe:
        """Return how an arm is configured."""
        absent("the adapter does not say how its miner is configured")

    def proposals(self, arm: str, batch: Batch, k: Tensor, seed: int) -> Float[Tensor, "b m *answer"]:
        """Return an arm's first guesses in answer space; equal seeds give equal guesses."""
        absent("its miner does not show its proposals")

    def mine(self, arm: str, batch: Batch, k: Tensor, proposals: Tensor | None, seed: int) -> Mining:
        """Return what an arm mines, from `proposals` if they are given, and else from its own of the `seed`."""
        absent("no miner")

    def loss(
        self, batch: Batch, k: Tensor, eps: Tensor, arm: str, proposals: Tensor | None, settings: MiningSettings
    ) -> Terms:
        """Return the training's losses on given problems, landscapes and noise, `arm` mining for every row."""
        absent("its loss cannot be called on its own")

    def settings_at(self, step: int) -> MiningSettings:
        """Return the settings that the training's curriculum gives for a step.

        A step on which mining pauses has `active=False` and keeps its mixture. Rows that are not mined are a share of
        any name that `arms` does not list, such as "none".
        """
        absent("no curriculum")

    def plan(self) -> Plan:
        """Return the curriculum as configured."""
        absent("the adapter does not say what curriculum is configured")

    def clock(self) -> int:
        """Return the training's own count of steps taken."""
        absent("no step counter")

    def jump(self, step: int) -> None:
        """Set the training's count of steps."""
        absent("its step counter cannot be set")

    def optimizer(self) -> torch.optim.Optimizer:
        """Return the optimiser."""
        absent("no optimiser")

    def step(self) -> Seen:
        """Take one training step."""
        absent("no training step")

    def fresh(self, **changes: Any) -> "Pipeline":
        """Return a copy with the same weights, at step 0, with fields changed; only copies are ever trained.

        Words that checks use: `seed` (begun anew from that seed, with initial weights of its own); `accumulation`
        (parts a step); `every` (mine on every N-th step); `stages` (a tuple of `Stage`); `recipe` (arm, `Recipe`);
        `constant_rate` (no warm-up, no decay). Changes that `fields` lists are passed as they stand there.
        """
        if changes:
            absent(f"the adapter cannot change {', '.join(sorted(changes))}")
        made = copied(self)
        with suppress(NotOffered):  # a counter that cannot be set stays where the training is
            made.jump(0)
        return made

    def fields(self) -> Mapping[str, tuple[Mapping[str, Any], str]]:
        """Return for each configured field the changes to make and what must follow: see `checks.fields.MEASURES`."""
        absent("the adapter lists no fields")

    def averaged(self) -> Tensor:
        """Return the averaged weights, flat."""
        absent("no averaged weights")

    def solve(self, problems: Batch, starts: Float[Tensor, "starts b *answer"]) -> Solved:
        """Return the solver's answers from standard normal starts; of `problems.y` given entries alone are there."""
        absent("no solver")

    def solve_bound(self) -> float:
        """Return the bound within which the solver keeps answers."""
        absent("no solver")

    def descend(self, place: Place, batch: Batch, start: Tensor, k: Tensor, steps: int) -> Tensor:
        """Return where `steps` descent steps end at landscape `k`, from points of that landscape to points of it.

        As mining or solving takes them, with a step scale of 1 or that of a recipe, within `bound` or `solve_bound`.
        """
        absent("its descent cannot be called on its own")

    def resumed(self, steps: int, stop_at: int) -> Resumed:
        """Train twice for `steps` steps, once with a stop and a resume after `stop_at`."""
        absent("no checkpoints")

    def reloaded(self) -> "Pipeline":
        """Return another pipeline, of another seed, restored from a checkpoint that is written now."""
        absent("no checkpoints")

    def task(self) -> Task:
        """Return the task, with its splits and scores."""
        absent("its data cannot be sampled by split")

    def training_problems(self) -> Batch:
        """Return the problems of the next training step."""
        absent("its training problems cannot be drawn outside a training step")

    def history(self) -> History:
        """Return what the finished or unfinished run logged."""
        absent("no run given, only its configuration")


def absent(reason: str) -> NoReturn:
    """Say that a pipeline has not got what was asked for."""
    raise NotOffered(reason)


NO_GRADIENT = "its training step does not show the gradient"
NO_LOSSES = "its training step does not show its losses"
NO_SETTINGS = "its training step does not show the settings that it used"
NOT_MINED = "its training step does not show what it mined"


def need(value: T | None, reason: str) -> T:
    """Return what a pipeline shows, or say that it has not got it."""
    return absent(reason) if value is None else value
