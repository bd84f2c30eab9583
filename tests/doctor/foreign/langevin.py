"""Langevin chains with a replay buffer, in the shape of joint energy models; all draws from the global generator."""

import torch
from tests.doctor.foreign.parts import Adapter, Trainer
from torch import Tensor, nn

from ravine import Batch
from ravine.doctor.shown import Mining, Recipe

FAULTS = {"ascent": "D301", "no gradient": "D107", "nan kept": "D312", "left frozen": "D509", "added twice": "D106"}
STEPS = 8
NOISE = 0.01


class Langevin(Trainer):
    def __init__(self, fault: str = "", seed: int = 0) -> None:
        super().__init__(fault, seed)
        self.buffer = list[Tensor]()

    def chain(self, x: Tensor, y: Tensor, t: Tensor, steps: int = STEPS) -> Tensor:
        """Return where chains end, from points of their landscape."""
        sign = -1 if self.fault == "ascent" else 1
        for _ in range(steps):
            y = y - sign * 3 * self.eta[t][:, None] * self.gradient(x, y, t) + NOISE * torch.randn_like(y)
            y = torch.minimum(torch.maximum(y, -3 * self.signal[t][:, None]), 3 * self.signal[t][:, None])
        if self.fault == "left frozen":
            self.net.first.requires_grad_(False)
        return y.detach()

    def starts(self, y: Tensor) -> Tensor:
        fresh = (y + 0.7 * torch.randn_like(y)).clamp(-3, 3)
        held = self.buffer[-1][: len(y)] if self.buffer and len(self.buffer[-1]) >= len(y) else fresh
        return torch.where(torch.rand(len(y), 1) < 0.2, held, fresh)

    def mine(self, x: Tensor, y: Tensor, t: Tensor, start: Tensor | None = None) -> Tensor:
        begin = self.starts(y) if start is None else start
        signal = self.signal[t][:, None]
        negative = (self.chain(x, signal * begin, t) / signal).clamp(-3, 3)
        self.buffer = [*self.buffer, negative][-4:]
        return negative

    def more(
        self, x: Tensor, y: Tensor, t: Tensor, eps: Tensor, y_t: Tensor, start: Tensor | None = None
    ) -> dict[str, Tensor]:
        negative = self.mine(x, y, t, start)
        positive, other = self.net(x, y_t, t), self.net(x, self.noised(negative, t, eps), t)
        if self.fault == "no gradient":
            other, positive = other.data, positive.data
        contrast = nn.functional.softplus(positive - other).mean()
        return {"contrast": contrast, "positive": positive, "negative": other[:, None], "negatives": negative[:, None]}

    def total(self, terms: dict[str, Tensor]) -> Tensor:
        if self.fault == "nan kept":
            return torch.nan_to_num(terms["denoise"] + self.weight * terms["contrast"])
        return super().total(terms) + (terms["contrast"] if self.fault == "added twice" else 0)


class Chains(Adapter):
    kind = Langevin
    tempered = False
    trainer: Langevin

    def recipe(self, arm: str) -> Recipe:
        return Recipe(steps=STEPS, step_scale=3.0, keep="all", noise=True)

    def proposals(self, arm: str, batch: Batch, k: Tensor, seed: int) -> Tensor:
        return self.trainer.starts(batch.y)[:, None]

    def mine(self, arm: str, batch: Batch, k: Tensor, proposals: Tensor | None, seed: int) -> Mining:
        start = None if proposals is None else proposals[:, 0]
        found = self.trainer.mine(batch.x, batch.y, k, start)[:, None]
        return Mining(found, found)

    def descend(self, place: str, batch: Batch, start: Tensor, k: Tensor, steps: int) -> Tensor:
        return self.trainer.chain(batch.x, start, k, steps)


def pipeline(fault: str = "") -> Chains:
    return Chains(fault)
