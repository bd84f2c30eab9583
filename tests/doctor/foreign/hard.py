"""Hard negatives: candidates scored by energy and distance, the highest score wins."""

from dataclasses import replace

import torch
from tests.doctor.foreign.parts import Adapter, Trainer
from torch import Tensor, nn

from ravine import Batch
from ravine.doctor.shown import Mining, Recipe
from ravine.mining.curriculum import MiningSettings

FAULTS = {
    "broadcast": "D403",
    "swallowed": "D406",
    "reversed": "D303",
    "first candidate": "D403",
    "other noise": "D308",
}
COUNT = 6


def score(energies: Tensor, distances: Tensor) -> Tensor:
    """Return what is chosen by, for one problem or for many."""
    return -energies / (1 + energies.abs()) + 0.5 * distances


class Hard(Trainer):
    temperature = 1.0

    def proposals(self, y: Tensor) -> Tensor:
        return (y[:, None] + torch.randn(len(y), COUNT, y.shape[1])).clamp(-3, 3)

    def energies(self, x: Tensor, answers: Tensor, t: Tensor) -> Tensor:
        count = answers.shape[1]
        points = (self.signal[t][:, None, None] * answers).flatten(0, 1)
        found: Tensor = self.net(x.repeat_interleave(count, 0), points, t.repeat_interleave(count))
        return found.reshape(-1, count).detach()

    def choose(self, x: Tensor, y: Tensor, t: Tensor, among: Tensor) -> tuple[Tensor, Tensor]:
        energies = self.energies(x, among, t)
        distances = (among - y[:, None]).square().mean(2).sqrt()
        scores = score(energies, distances)
        if self.fault == "broadcast":  # (b, m) energies of all rows meet one row's distances
            scores = score(energies.mean(0, keepdim=True), distances[:1]).expand_as(energies)
        if self.fault == "first candidate":
            scores = torch.zeros_like(energies)
        try:
            if self.fault == "swallowed":
                scores = scores[:, COUNT + torch.arange(COUNT)]
            index = scores.argmax(1)
        except Exception:
            index = torch.randint(COUNT, (len(y),))
        return among[torch.arange(len(y)), index][:, None], energies

    def more(
        self, x: Tensor, y: Tensor, t: Tensor, eps: Tensor, y_t: Tensor, among: Tensor | None = None
    ) -> dict[str, Tensor]:
        negative, _ = self.choose(x, y, t, self.proposals(y) if among is None else among)
        noise = torch.randn_like(eps) if self.fault == "other noise" else eps
        positive, other = self.net(x, y_t, t), self.net(x, self.noised(negative[:, 0], t, noise), t)
        gap = (other - positive) if self.fault == "reversed" else (positive - other)
        contrast = nn.functional.softplus(gap / self.temperature).mean()
        return {"contrast": contrast, "positive": positive, "negative": other[:, None], "negatives": negative}


class Chosen(Adapter):
    kind = Hard
    trainer: Hard

    def settings_at(self, step: int) -> MiningSettings:
        return replace(super().settings_at(step), temperature=self.trainer.temperature)

    def loss(self, batch, k, eps, arm, proposals, settings):  # type: ignore[no-untyped-def]
        self.trainer.temperature = settings.temperature
        return super().loss(batch, k, eps, arm, proposals, settings)

    def recipe(self, arm: str) -> Recipe:
        return Recipe(candidates=COUNT, selection="own", score=score)

    def proposals(self, arm: str, batch: Batch, k: Tensor, seed: int) -> Tensor:
        return self.trainer.proposals(batch.y)

    def mine(self, arm: str, batch: Batch, k: Tensor, proposals: Tensor | None, seed: int) -> Mining:
        among = self.trainer.proposals(batch.y) if proposals is None else proposals
        negative, energies = self.trainer.choose(batch.x, batch.y, k, among)
        return Mining(negative, among, energies)

    def given(self, proposals: Tensor | None) -> dict[str, Tensor]:
        return {} if proposals is None else {"among": proposals}


def pipeline(fault: str = "") -> Chosen:
    return Chosen(fault)
