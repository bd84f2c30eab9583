"""What the small trainers of this gallery have in common: energies, a noise schedule, linear problems."""

import math
from typing import Any

import torch
from torch import Tensor, nn

from ravine import Batch
from ravine.doctor.pipeline import Pipeline
from ravine.doctor.shown import Landscapes, Recipe, Seen, Terms
from ravine.mining.curriculum import MiningSettings

SIZE = 5
LEVELS = 5


class Net(nn.Module):
    """E(x, y, k): a scalar head, or the squared norm of a vector."""

    def __init__(self, scalar: bool = False, width: int = 24) -> None:
        super().__init__()
        self.scalar = scalar
        self.first, self.level = nn.Linear(2 * SIZE, width), nn.Embedding(LEVELS, width)
        self.second, self.last = nn.Linear(width, width), nn.Linear(width, 1 if scalar else SIZE)

    def forward(self, x: Tensor, y: Tensor, t: Tensor) -> Tensor:
        h = nn.functional.silu(self.first(torch.cat([x, y], 1)) * (1 + 0.3 * self.level(t)))
        out: Tensor = self.last(nn.functional.silu(self.second(h)))
        return out[:, 0] if self.scalar else out.square().sum(1)


def finite(total: Tensor) -> Tensor:
    """Return a loss; stop where it is none."""
    if not bool(total.isfinite()):
        raise FloatingPointError("the loss is not finite")
    return total


class Trainer:
    """Denoising, and whatever a subclass mines: `more(x, y, t, eps, y_t)` returns further terms by name."""

    scalar = False

    def __init__(self, fault: str = "", seed: int = 0) -> None:
        torch.manual_seed(seed)  # global, as most code does it
        self.fault, self.step, self.batch, self.weight = fault, 0, 24, 0.5
        self.net = Net(self.scalar)
        self.opt = torch.optim.Adam(self.net.parameters(), lr=2e-3)
        level = torch.cos(torch.linspace(0.05, 0.97, LEVELS) * math.pi / 2)
        self.signal, self.sigma = level, (1 - level**2).sqrt()
        self.eta = 0.1 * self.sigma
        self.mixing = torch.linspace(-1, 1, SIZE * SIZE).reshape(SIZE, SIZE).cos()

    def data(self, size: int, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        x = torch.rand((size, SIZE), generator=generator) * 2 - 1
        return x, x @ self.mixing / 2

    def noised(self, y: Tensor, t: Tensor, eps: Tensor) -> Tensor:
        return self.signal[t][:, None] * y + self.sigma[t][:, None] * eps

    def gradient(self, x: Tensor, y: Tensor, t: Tensor, graph: bool = False) -> Tensor:
        with torch.enable_grad():
            point = y if y.requires_grad else y.detach().requires_grad_()
            return torch.autograd.grad(self.net(x, point, t).sum(), point, create_graph=graph)[0]

    def losses(self, x: Tensor, y: Tensor, t: Tensor, eps: Tensor, **given: Any) -> dict[str, Tensor]:
        y_t = self.noised(y, t, eps).requires_grad_()
        denoise = (self.gradient(x, y_t, t, graph=True) - eps).square().mean()
        return {"denoise": denoise, **self.more(x, y, t, eps, y_t.detach(), **given)}

    def more(self, x: Tensor, y: Tensor, t: Tensor, eps: Tensor, y_t: Tensor) -> dict[str, Tensor]:
        raise NotImplementedError

    def total(self, terms: dict[str, Tensor]) -> Tensor:
        return finite(terms["denoise"] + self.weight * terms["contrast"])

    def train_one(self) -> dict[str, Tensor]:
        """Take one training step."""
        x, y = self.data(self.batch)
        t, eps = torch.randint(LEVELS, (len(x),)), torch.randn_like(y)
        self.last = (y, t)
        terms = self.losses(x, y, t, eps)
        self.opt.zero_grad()
        self.total(terms).backward()  # type: ignore[no-untyped-call]
        self.opt.step()
        self.step += 1
        return terms


class Adapter(Pipeline):
    """Shows one of the gallery's trainers."""

    bound = 3.0
    global_randomness = True
    kind: type[Trainer] = Trainer

    def __init__(self, fault: str = "", seed: int = 0) -> None:
        self.trainer, self.fault = self.kind(fault, seed), fault
        self.name = self.kind.__name__

    def fresh(self, **changes: Any) -> Pipeline:
        seed = changes.pop("seed", None)
        return super().fresh(**changes) if seed is None or changes else type(self)(self.fault, seed)

    def model(self) -> nn.Module:
        return self.trainer.net

    def landscapes(self) -> Landscapes:
        return Landscapes(self.trainer.signal, self.trainer.sigma, self.trainer.eta)

    def problems(self, size: int, seed: int) -> Batch:
        return Batch(*self.trainer.data(size, torch.Generator().manual_seed(seed)))

    def training_problems(self) -> Batch:
        return Batch(*self.trainer.data(self.trainer.batch))

    def energy(self, x: Tensor, y_k: Tensor, k: Tensor) -> Tensor:
        value: Tensor = self.trainer.net(x, y_k, k)
        return value

    def settings_at(self, step: int) -> MiningSettings:
        return MiningSettings((("mining", 1.0),), 1.0, self.trainer.weight)

    def recipe(self, arm: str) -> Recipe:
        return Recipe(steps=2)

    def given(self, proposals: Tensor | None) -> dict[str, Any]:
        """Return how `losses` is told the doctor's proposals."""
        return {} if proposals is None else {"start": proposals[:, 0]}

    def loss(
        self, batch: Batch, k: Tensor, eps: Tensor, arm: str, proposals: Tensor | None, settings: MiningSettings
    ) -> Terms:
        self.trainer.weight = settings.weight
        terms = self.trainer.losses(batch.x, batch.y, k, eps, **self.given(proposals))
        return self.shown(terms)

    def shown(self, terms: dict[str, Tensor]) -> Terms:
        return Terms(
            self.trainer.total(terms),
            terms["denoise"],
            terms["contrast"],
            terms.get("positive"),
            terms.get("negative"),
            terms.get("negatives"),
        )

    def clock(self) -> int:
        return self.trainer.step

    def jump(self, step: int) -> None:
        self.trainer.step = step

    def optimizer(self) -> torch.optim.Optimizer:
        return self.trainer.opt

    def step(self) -> Seen:
        terms = self.trainer.train_one()
        parts = [torch.zeros_like(p) if p.grad is None else p.grad for p in self.model().parameters()]
        gradient = torch.cat([part.flatten() for part in parts])
        return Seen(self.settings_at(0), self.trainer.batch, terms=self.shown(terms), gradient=gradient)
