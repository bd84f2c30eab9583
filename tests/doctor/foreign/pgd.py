"""Projected gradient descent by signs, on a ball round the noised right answer: negatives are points of a landscape."""

import torch
from tests.doctor.foreign.parts import Adapter, Trainer
from torch import Tensor, nn

from ravine import Batch
from ravine.doctor.shown import Mining, Recipe

FAULTS = {"ascent": "D301", "own negative": "D305", "one for all": "D407", "detached": "D107"}
STEPS = 4
SCALE = 3.0
RADIUS = 1.2


class Pgd(Trainer):
    def starts(self, y_t: Tensor) -> Tensor:
        return y_t + 0.4 * torch.randn_like(y_t)

    def attack(self, x: Tensor, centre: Tensor, t: Tensor, start: Tensor) -> Tensor:
        point, sign = start, -1 if self.fault == "ascent" else 1
        for _ in range(STEPS):
            slope = self.gradient(x, point, t)
            slope = slope.mean(0, keepdim=True) if self.fault == "one for all" else slope
            away = point - sign * SCALE * self.eta[t][:, None] * slope.sign() - centre
            length = away.norm(dim=1, keepdim=True)
            point = centre + away * (RADIUS / length.clamp(min=1e-9)).clamp(max=1)
        return centre if self.fault == "own negative" else point.detach()

    def more(
        self, x: Tensor, y: Tensor, t: Tensor, eps: Tensor, y_t: Tensor, start: Tensor | None = None
    ) -> dict[str, Tensor]:
        point = self.attack(x, y_t, t, self.starts(y_t) if start is None else start)
        positive, other = self.net(x, y_t, t), self.net(x, point, t)
        other = other.detach() if self.fault == "detached" else other
        contrast = nn.functional.softplus(positive - other).mean()
        if self.fault == "detached":
            contrast = contrast.detach()
        return {"contrast": contrast, "positive": positive, "negative": other[:, None], "negatives": point[:, None]}


class OnABall(Adapter):
    kind = Pgd
    tempered = False
    space = "landscape"
    trainer: Pgd

    def recipe(self, arm: str) -> Recipe:
        return Recipe(steps=STEPS, step_scale=SCALE, keep="all", rule="own")

    def centre(self, batch: Batch, k: Tensor) -> Tensor:
        return self.trainer.noised(batch.y, k, torch.full_like(batch.y, 0.5))

    def proposals(self, arm: str, batch: Batch, k: Tensor, seed: int) -> Tensor:
        return self.trainer.starts(self.centre(batch, k))[:, None]

    def mine(self, arm: str, batch: Batch, k: Tensor, proposals: Tensor | None, seed: int) -> Mining:
        start = self.proposals(arm, batch, k, seed) if proposals is None else proposals
        found = self.trainer.attack(batch.x, self.centre(batch, k), k, start[:, 0])[:, None]
        return Mining(found, found)


def pipeline(fault: str = "") -> OnABall:
    return OnABall(fault)
