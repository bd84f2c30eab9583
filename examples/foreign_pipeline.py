"""The foreign trainer shown to the doctor: `ravine doctor --pipeline examples.foreign_pipeline:pipeline`."""

import copy
from typing import Any

import torch
from examples.foreign_trainer import Trainer1D
from torch import Tensor, nn

from ravine import Batch
from ravine.doctor.pipeline import Pipeline
from ravine.doctor.shown import Landscapes, Mining, Recipe, Seen, Terms
from ravine.mining.curriculum import MiningSettings


class Foreign(Pipeline):
    def __init__(self, trainer: Trainer1D) -> None:
        self.trainer, self.diffusion = trainer, trainer.diffusion
        self.name, self.bound = "Trainer1D", self.diffusion.continuous_bound

    def model(self) -> nn.Module:
        return self.diffusion.model

    def landscapes(self) -> Landscapes:
        return Landscapes(self.diffusion.signal, self.diffusion.sigma, self.diffusion.opt_step_size)

    def problems(self, size: int, seed: int) -> Batch:
        return Batch(*self.trainer.data(size, torch.Generator().manual_seed(seed)))

    def energy(self, x: Tensor, y_k: Tensor, k: Tensor) -> Tensor:
        value: Tensor = self.diffusion.model(x, y_k, k)
        return value[:, 0]

    def settings_at(self, step: int) -> MiningSettings:
        return MiningSettings((("mining", 1.0),), 1.0, self.diffusion.loss_weight)

    def recipe(self, arm: str) -> Recipe:
        return Recipe(steps=2)

    def proposals(self, arm: str, batch: Batch, k: Tensor, seed: int) -> Tensor:
        self.diffusion.generator.manual_seed(seed)
        return self.diffusion.corrupt(batch.y, k)[:, None]

    def mine(self, arm: str, batch: Batch, k: Tensor, proposals: Tensor | None, seed: int) -> Mining:
        start = self.proposals(arm, batch, k, seed) if proposals is None else proposals
        refined = self.diffusion.refine(batch.x, batch.y, start[:, 0], k)[:, None]
        return Mining(refined, refined)

    def loss(
        self, batch: Batch, k: Tensor, eps: Tensor, arm: str, proposals: Tensor | None, settings: MiningSettings
    ) -> Terms:
        seen: dict[str, Any] = {}
        module = copy.copy(self.diffusion)  # shares the weights; has settings of its own
        module.loss_weight, module.temperature = settings.weight, settings.temperature
        if proposals is not None:
            module.corrupt = lambda target, t: proposals[:, 0]  # type: ignore[method-assign]

        def look(inp: Tensor, target: Tensor, negative: Tensor, t: Tensor, noise: Tensor) -> tuple[Tensor, ...]:
            loss, real, fake = self.diffusion.__class__.energy_loss(module, inp, target, negative, t, noise)
            seen.update(energy_positive=real.reshape(-1), energy_negative=fake, negatives=negative[:, None])
            return loss, real, fake

        module.energy_loss = look  # type: ignore[method-assign]
        total, (mse, energy) = module.p_losses(batch.x, batch.y, k, eps)
        return Terms(total, mse, energy, **seen)

    def descend(self, place: str, batch: Batch, start: Tensor, k: Tensor, steps: int) -> Tensor:
        return self.diffusion.opt_step(batch.x, start, k, steps)

    def clock(self) -> int:
        return self.trainer.step

    def optimizer(self) -> torch.optim.Optimizer:
        return self.trainer.opt

    def step(self) -> Seen:
        self.trainer.train_one()
        gradients = [p.grad.flatten() for p in self.model().parameters() if p.grad is not None]
        return Seen(
            settings=self.settings_at(self.clock()), batch_size=self.trainer.batch, gradient=torch.cat(gradients)
        )


def pipeline(fault: str = "") -> Foreign:
    return Foreign(Trainer1D(fault))
