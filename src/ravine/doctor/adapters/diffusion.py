"""The common adapter for a `GaussianDiffusion1D` with energies, and the `Trainer1D` that trains it."""

from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from ravine.batch import Batch, per_problem
from ravine.doctor.adapters.watching import repeatable, watched
from ravine.doctor.pipeline import Pipeline, Place, absent, need
from ravine.doctor.shown import ArmSeen, Landscapes, Mining, Recipe, Seen, Terms
from ravine.mining.curriculum import MiningSettings

UNMINED = "its losses mine nothing"
MOST_STEPS = 3
"""Optimiser steps that one training step may take before its loop is left."""


class Endless(Exception):  # noqa: N818 - no error, a way out
    """Leaves a loop whose counter does not move."""


@dataclass
class Shoulder:
    """What a call of the losses was seen to use: points noised, noise, where descents began and ended, energies."""

    noised: list[tuple[Tensor, Tensor, Tensor]] = field(default_factory=list)
    starts: list[Tensor] = field(default_factory=list)
    ends: list[Tensor] = field(default_factory=list)
    outputs: list[Any] = field(default_factory=list)
    losses: list[tuple[Any, Callable[[], Any], int]] = field(default_factory=list)

    def parts(self) -> list[list[tuple[Tensor, Tensor, Tensor]]]:
        """Return what each call of the losses noised: answers, landscapes and noise, the negatives last."""
        ends = [end for *_, end in self.losses]
        return [self.noised[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]

    def energies(self, rows: int) -> tuple[Tensor | None, Tensor | None]:
        """Return E+ and E-: the last energies that the network gave, in one call or in two."""
        flat = [e.reshape(-1) for e in self.outputs if isinstance(e, Tensor) and e.numel() in {rows, 2 * rows}]
        last = torch.cat(flat[-2:])[-2 * rows :] if flat else torch.empty(0)
        return (last[:rows], last[rows:]) if len(last) == 2 * rows else (None, None)


class Diffusion1D(Pipeline):
    """Shows a trainer whose diffusion has `q_sample`, `opt_step` and `p_losses`, by looking over their shoulder.

    Subclass it, set the names that differ, and override the three calls whose arguments differ. `loss_scale` and the
    absent temperature are the released code's, which has them as constants.
    """

    diffusion_name = "model"
    network_name = "model"
    optimizer_name = "opt"
    clock_name = "step"
    tables = ("sqrt_alphas_cumprod", "sqrt_one_minus_alphas_cumprod", "opt_step_size")
    loss_scale = 0.5
    inner_steps = 2
    bound = 2.0
    tempered = False
    weighable = False
    global_randomness = True

    def __init__(self, trainer: Any) -> None:
        self.trainer, self.name = trainer, type(trainer).__name__

    @property
    def diffusion(self) -> Any:
        """The diffusion that the trainer trains."""
        return getattr(self.trainer, self.diffusion_name)

    def energies(self, x: Tensor, y: Tensor, k: Tensor) -> Tensor:
        """Return the network's energies, of whatever shape."""
        found: Tensor = self.model()(x, y, k, return_energy=True)
        return found

    def p_losses(self, batch: Batch, k: Tensor, eps: Tensor) -> tuple[Tensor, Any]:
        """Return the total and its parts: denoising, contrast, and whatever else."""
        found: tuple[Tensor, Any] = self.diffusion.p_losses(batch.x, batch.y, batch.given, k, eps)
        return found

    def opt_step(self, batch: Batch, start: Tensor, k: Tensor, steps: int) -> Tensor:
        """Return where the inner loop ends."""
        end: Tensor = self.diffusion.opt_step(batch.x, start, k, batch.given, batch.y, step=steps)
        return end

    def one_step(self) -> None:
        """Take one training step: by default one turn of the trainer's own loop."""
        held, self.trainer.train_num_steps = self.trainer.train_num_steps, self.clock() + 1
        try:
            self.trainer.train()
        finally:
            self.trainer.train_num_steps = held

    def model(self) -> nn.Module:
        """Return the network."""
        found: nn.Module = getattr(self.diffusion, self.network_name)
        return found

    def landscapes(self) -> Landscapes:
        """Return the diffusion's tables."""
        signal, sigma, step = (getattr(self.diffusion, name).detach().float() for name in self.tables)
        return Landscapes(signal, sigma, step)

    def problems(self, size: int, seed: int) -> Batch:
        """Return problems of the trainer's data set, `ds`, each (x, y, ...)."""
        data = self.trainer.ds
        rows = torch.randperm(len(data), generator=torch.Generator().manual_seed(seed))
        pairs = [data[int(rows[i % len(rows)])] for i in range(size)]
        x, y = (torch.stack([torch.as_tensor(pair[i]).float() for pair in pairs]) for i in (0, 1))
        return Batch(x, y)

    def energy(self, x: Tensor, y_k: Tensor, k: Tensor) -> Tensor:
        """Return the network's energies, (b,)."""
        return self.energies(x, y_k, k).reshape(-1)

    def gradient(self, x: Tensor, y_k: Tensor, k: Tensor) -> Tensor:
        """Return what the network returns where it is not asked for energies: the gradient in use."""
        found: Tensor = self.model()(x, y_k, k)
        return found.detach()

    def settings_at(self, step: int) -> MiningSettings:
        """Return the constant weight."""
        return MiningSettings((("mining", 1.0),), 1.0, self.loss_scale)

    def recipe(self, arm: str) -> Recipe:
        """Return the inner loop's steps."""
        return Recipe(steps=self.inner_steps)

    def seen(self, call: Callable[[], Any], proposals: Tensor | None = None) -> Shoulder:
        """Call something, and return what it did with the diffusion."""
        found = Shoulder()

        def noise(method: Any, x_start: Tensor, t: Tensor, *rest: Any, **named: Any) -> Any:
            found.noised.append((x_start, t, named["noise"] if "noise" in named else rest[0]))
            return method(x_start, t, *rest, **named)

        def descend(method: Any, inp: Tensor, point: Tensor, t: Tensor, *rest: Any, **named: Any) -> Any:
            signal = per_problem(self.landscapes().signal[t], point)
            start = point if proposals is None else signal * proposals[:, 0]
            end = method(inp, start, t, *rest, **named)
            found.starts.append((start / signal).detach())
            found.ends.append((end / signal).detach())
            return end

        def losses(method: Any, *given: Any, **named: Any) -> Any:
            again, made = repeatable(lambda: method(*given, **named)), method(*given, **named)
            found.losses.append((made, again, len(found.noised)))
            return made

        with ExitStack() as stack:
            for name, look in (("q_sample", noise), ("opt_step", descend), ("p_losses", losses)):
                stack.enter_context(watched(self.diffusion, name, look))
            stack.enter_context(self.model().register_forward_hook(lambda *given: found.outputs.append(given[2])))
            call()
        return found

    def proposals(self, arm: str, batch: Batch, k: Tensor, seed: int) -> Tensor:
        """Return where the inner loop begins."""
        starts = self.seen(lambda: self.p_losses(batch, k, torch.randn_like(batch.y))).starts
        return starts[-1][:, None] if starts else absent(UNMINED)

    def mine(self, arm: str, batch: Batch, k: Tensor, proposals: Tensor | None, seed: int) -> Mining:
        """Return what the losses contrast the right answers with."""
        found = self.seen(lambda: self.p_losses(batch, k, torch.randn_like(batch.y)), proposals)
        if len(found.noised) < 2:
            absent(UNMINED)
        return Mining(found.noised[-1][0].detach()[:, None], found.ends[-1][:, None] if found.ends else None)

    def loss(
        self, batch: Batch, k: Tensor, eps: Tensor, arm: str, proposals: Tensor | None, settings: MiningSettings
    ) -> Terms:
        """Return the losses, with the last points that they noise as negatives."""
        found = self.seen(lambda: self.p_losses(batch, k, eps), proposals)
        terms, (negative, _, noise) = self.terms(found.losses[-1][0]), found.noised[-1]
        positive, other = found.energies(len(batch))
        other = None if other is None else other[:, None]
        shown = replace(terms, energy_positive=positive, energy_negative=other)
        return replace(shown, negatives=negative[:, None], eps=noise)

    def terms(self, made: Any) -> Terms:
        """Return what `p_losses` returned as terms; parts after the second are shown alone, not added."""
        total, (denoise, contrast, *_) = made
        return Terms(total, denoise.mean(), contrast.mean())

    def descend(self, place: Place, batch: Batch, start: Tensor, k: Tensor, steps: int) -> Tensor:
        """Return where the inner loop ends."""
        return self.opt_step(batch, start, k, steps).detach()

    def clock(self) -> int:
        """Return the trainer's count."""
        return int(getattr(self.trainer, self.clock_name))

    def jump(self, step: int) -> None:
        """Set the trainer's count."""
        setattr(self.trainer, self.clock_name, step)

    def optimizer(self) -> torch.optim.Optimizer:
        """Return the trainer's optimiser."""
        found: torch.optim.Optimizer = getattr(self.trainer, self.optimizer_name)
        return found

    def step(self) -> Seen:
        """Take one step, and return what its losses used; a loop that never ends is left."""
        gradients = list[Tensor]()
        parameters = [p for p in self.model().parameters() if p.requires_grad]

        def bounded(*_: Any) -> None:
            if len(gradients) > MOST_STEPS:
                raise Endless

        def one_step() -> None:
            with suppress(Endless):
                self.one_step()

        def given(*_: Any) -> None:
            held = [torch.zeros_like(p) if p.grad is None else p.grad.detach().clone() for p in parameters]
            gradients.append(torch.cat([part.flatten() for part in held]))

        optimizer = self.optimizer()
        with optimizer.register_step_post_hook(bounded), optimizer.register_step_pre_hook(given):
            found = self.seen(one_step)
        parts = found.parts()
        mined = [torch.cat([part[-1][i] for part in parts]) for i in (0, 1)]
        right = torch.cat([part[0][0] for part in parts])
        arm = ArmSeen(None, None, mined[0].detach()[:, None], right, mined[1])
        return Seen(
            settings=self.settings_at(self.clock()),
            batch_size=len(right),
            arms={"mining": arm} if min(map(len, parts)) > 1 else {},
            terms=Terms.mean([self.terms(made) for made, *_ in found.losses]),
            gradient=need(gradients[-1] if gradients else None, "the optimiser never steps"),
            again=lambda: Terms.mean([self.terms(again()) for _, again, _ in found.losses]),
        )
