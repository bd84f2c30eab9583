"""A curriculum behind a lock, whose arm is drawn once for a batch: random negatives, then adversarial ones."""

import threading
from dataclasses import replace
from typing import Any, Literal

import torch
from tests.doctor.foreign.parts import Adapter, Trainer
from torch import Tensor, nn

from ravine import Batch
from ravine.doctor.shown import ArmSeen, Mining, Plan, Recipe, Seen
from ravine.mining.curriculum import MiningSettings, Stage

FAULTS = {"ahead": "D101", "not told": "D102", "other shares": "D203", "said to be by rows": "D203", "late": "D201"}
STAGES = (
    Stage(0, (("random", 0.8), ("adversarial", 0.2)), 1.0, 0.2),
    Stage(6, (("random", 0.2), ("adversarial", 0.8)), 1.0, 0.5),
)


class Curriculum(Trainer):
    def __init__(self, fault: str = "", seed: int = 0) -> None:
        super().__init__(fault, seed)
        self.lock, self.stages, self.used, self.forced = threading.Lock(), STAGES, ("random", 0.0), ""

    def stage(self, step: int) -> Stage:
        with self.lock:
            late = 2 if self.fault == "late" else 0
            return [stage for stage in self.stages if stage.start + late * (stage.start > 0) <= step][-1]

    def mine(self, arm: str, x: Tensor, y: Tensor, t: Tensor, start: Tensor | None = None) -> Tensor:
        begin = (y + 0.8 * torch.randn_like(y)).clamp(-3, 3) if start is None else start
        point = self.signal[t][:, None] * begin
        for _ in range(2 if arm == "adversarial" else 0):
            point = point - self.eta[t][:, None] * self.gradient(x, point, t)
        return (point / self.signal[t][:, None]).clamp(-3, 3).detach()

    def more(
        self, x: Tensor, y: Tensor, t: Tensor, eps: Tensor, y_t: Tensor, arm: str = "", start: Tensor | None = None
    ) -> dict[str, Tensor]:
        negative = self.mine(arm or self.used[0], x, y, t, start)
        positive, other = self.net(x, y_t, t), self.net(x, self.noised(negative, t, eps), t)
        contrast = nn.functional.softplus(positive - other).mean()
        return {"contrast": contrast, "positive": positive, "negative": other[:, None], "negatives": negative[:, None]}

    def train_one(self) -> dict[str, Tensor]:
        stage = self.stage(0 if self.fault == "not told" else self.step)
        shares = torch.tensor([share for _, share in stage.mixture])
        if self.fault == "other shares":
            shares = torch.ones_like(shares)
        self.used = (stage.mixture[int(torch.multinomial(shares, 1))][0], stage.weight)
        self.weight = stage.weight
        terms = super().train_one()
        self.step += 1 if self.fault == "ahead" else 0
        return terms


class Drawn(Adapter):
    kind = Curriculum
    tempered = False
    mixed: Literal["rows", "batch"] = "batch"
    trainer: Curriculum

    def fresh(self, **changes: Any) -> Any:
        stages = changes.pop("stages", None)
        if changes.get("every") == 1:
            changes.pop("every")
        made: Any = super().fresh(**changes)
        made.mixed = self.mixed
        if stages is not None:
            made.trainer.stages = stages
        return made

    def arms(self) -> tuple[str, ...]:
        return ("random", "adversarial")

    def plan(self) -> Plan:
        return Plan(self.trainer.stages if self.trainer.stages is not STAGES else STAGES, steps=100)

    def settings_at(self, step: int) -> MiningSettings:
        stage = self.trainer.stage(step)
        return MiningSettings(stage.mixture, stage.temperature, stage.weight)

    def recipe(self, arm: str) -> Recipe:
        return Recipe(steps=2 if arm == "adversarial" else 0, keep="all")

    def proposals(self, arm: str, batch: Batch, k: Tensor, seed: int) -> Tensor:
        return self.trainer.mine("random", batch.x, batch.y, k)[:, None]

    def mine(self, arm: str, batch: Batch, k: Tensor, proposals: Tensor | None, seed: int) -> Mining:
        start = None if proposals is None else proposals[:, 0]
        found = self.trainer.mine(arm, batch.x, batch.y, k, start)[:, None]
        return Mining(found, found)

    def loss(self, batch, k, eps, arm, proposals, settings):  # type: ignore[no-untyped-def]
        self.trainer.used = (arm, settings.weight)
        return super().loss(batch, k, eps, arm, proposals, settings)

    def step(self) -> Seen:
        seen = super().step()
        assert seen.terms is not None
        arm, weight = self.trainer.used
        negatives = seen.terms.negatives
        assert negatives is not None
        shown = ArmSeen(None, None, negatives, *self.trainer.last)
        used = next(s for s in self.trainer.stages if s.weight == weight)
        settings = MiningSettings(used.mixture, used.temperature, used.weight)
        return replace(seen, arms={arm: shown}, settings=settings)


def pipeline(fault: str = "") -> Drawn:
    made = Drawn(fault)
    made.mixed = "rows" if fault == "said to be by rows" else "batch"
    return made
