"""Contrastive divergence with a scalar head: E+ - E-, a term that keeps energies small, and no miner."""

import torch
from tests.doctor.foreign.parts import Adapter, Trainer
from torch import Tensor

from ravine.doctor.shown import Terms

FAULTS = {"dead term": "D107", "detached": "D107", "reversed": "D303", "added twice": "D106", "own negative": "D305"}
SMALL = 0.1


class Divergence(Trainer):
    scalar = True

    def more(self, x: Tensor, y: Tensor, t: Tensor, eps: Tensor, y_t: Tensor) -> dict[str, Tensor]:
        point = self.noised((y + 0.8 * torch.randn_like(y)).clamp(-3, 3), t, eps)
        for _ in range(2):
            point = (point - self.eta[t][:, None] * self.gradient(x, point, t)).detach()
        point = y_t if self.fault == "own negative" else point
        positive, negative = self.net(x, y_t, t), self.net(x, point, t)
        contrast = (positive - negative).mean() * (-1 if self.fault == "reversed" else 1)
        small = SMALL * (positive.square() + negative.square()).mean()
        shown = {"positive": positive, "negative": negative[:, None], "negatives": point[:, None]}
        if self.fault == "detached":
            contrast = contrast.detach()
        return {"contrast": contrast, "small": small.detach() if self.fault == "dead term" else small, **shown}

    def total(self, terms: dict[str, Tensor]) -> Tensor:
        twice = terms["contrast"] if self.fault == "added twice" else 0
        return super().total(terms) + terms["small"] + twice


class WithoutMiner(Adapter):
    """There is no miner to call: negatives are made in the loss, as points of their landscapes."""

    kind = Divergence
    tempered = False
    space = "landscape"

    def shown(self, terms: dict[str, Tensor]) -> Terms:
        made = super().shown(terms)
        made.others["small"] = terms["small"]  # type: ignore[index]
        return made


def pipeline(fault: str = "") -> WithoutMiner:
    return WithoutMiner(fault)
