"""A small trainer in the shape that the field's code has, to show how the doctor examines one that is not ravine's.

A diffusion module whose `forward` returns the losses, and a trainer that counts steps. `fault` switches on one mistake
of the kind that mining code is known for; "" is healthy.
"""

import math

import torch
from torch import Tensor, nn

FAULTS = (
    "counter in the loop",
    "ascent",
    "other noise",
    "first landscape",
    "detached",
    "nan replaced",
    "own negative",
    "wrong sign",
    "all pairs",
)


class EnergyNet(nn.Module):
    """E = |f(x, y, t)|^2."""

    def __init__(self, width: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.time = nn.Sequential(nn.Linear(2, width), nn.GELU(), nn.Linear(width, width))
        self.first = nn.Linear(inputs + outputs, width)
        self.second = nn.Linear(width, width)
        self.last = nn.Linear(width, outputs)

    def forward(self, inp: Tensor, y: Tensor, t: Tensor) -> Tensor:
        angle = t[:, None].float() / 3
        h = nn.functional.silu(self.first(torch.cat([inp, y], 1)))
        h = nn.functional.silu(self.second(h) * (1 + self.time(torch.cat([angle.sin(), angle.cos()], 1))))
        energy: Tensor = self.last(h).square().sum(1, keepdim=True)
        return energy


class GaussianDiffusion1D(nn.Module):
    """The diffusion: `forward(inp, target)` returns the loss and its two parts."""

    signal: Tensor
    sigma: Tensor
    opt_step_size: Tensor

    def __init__(self, model: EnergyNet, timesteps: int = 10, loss_weight: float = 0.5, fault: str = "") -> None:
        super().__init__()
        self.model, self.loss_weight, self.fault, self.continuous_bound = model, loss_weight, fault, 2.0
        self.temperature = 1.0
        steps = torch.linspace(0, 1, timesteps + 1, dtype=torch.float64)
        level = torch.cos((steps + 0.008) / 1.008 * math.pi / 2) ** 2
        betas = (1 - level[1:] / level[:-1]).clamp(0, 0.999)
        alphas_cumprod = torch.cumprod(1 - betas, 0)
        self.register_buffer("signal", alphas_cumprod.sqrt().float())
        self.register_buffer("sigma", (1 - alphas_cumprod).sqrt().float())
        self.register_buffer("opt_step_size", (betas / (1 - alphas_cumprod).sqrt()).float())
        self.generator = torch.Generator().manual_seed(0)

    def q_sample(self, y: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        return self.signal[t][:, None] * y + self.sigma[t][:, None] * noise

    def gradient(self, inp: Tensor, y: Tensor, t: Tensor, graph: bool = False) -> Tensor:
        with torch.enable_grad():
            point = y if y.requires_grad else y.detach().requires_grad_()
            return torch.autograd.grad(self.model(inp, point, t).sum(), point, create_graph=graph)[0]

    def opt_step(self, inp: Tensor, y: Tensor, t: Tensor, steps: int) -> Tensor:
        limit = self.continuous_bound * self.signal[t[:1] if self.fault == "first landscape" else t][:, None]
        scale = -1.0 if self.fault == "ascent" else 1.0
        for _ in range(steps):
            new = y - scale * self.opt_step_size[t][:, None] * self.gradient(inp, y, t)
            new = torch.minimum(torch.maximum(new, -limit), limit)
            with torch.no_grad():
                better = (self.model(inp, new, t) <= self.model(inp, y, t)) | (self.fault == "ascent")
            y = torch.where(better, new, y)
        return y.detach()

    def corrupt(self, target: Tensor, t: Tensor) -> Tensor:
        noise = torch.randn(target.shape, generator=self.generator)
        noised = self.q_sample(target, t, 3.0 * noise) / self.signal[t][:, None]
        return noised.clamp(-self.continuous_bound, self.continuous_bound)

    def refine(self, inp: Tensor, target: Tensor, corrupted: Tensor, t: Tensor) -> Tensor:
        if self.fault == "own negative":
            return target
        y = self.opt_step(inp, self.signal[t][:, None] * corrupted, t, 2)
        return (y / self.signal[t][:, None]).clamp(-self.continuous_bound, self.continuous_bound)

    def energy_loss(
        self, inp: Tensor, target: Tensor, negative: Tensor, t: Tensor, noise: Tensor
    ) -> tuple[Tensor, ...]:
        real = self.model(inp, self.q_sample(target, t, noise), t)
        other = torch.randn(noise.shape, generator=self.generator) if self.fault == "other noise" else noise
        fake = self.model(inp, self.q_sample(negative, t, other), t)
        real = real[:, 0] if self.fault == "all pairs" else real
        gap = (fake - real) if self.fault == "wrong sign" else (real - fake)
        return nn.functional.softplus(gap / self.temperature).mean(), real, fake

    def p_losses(self, inp: Tensor, target: Tensor, t: Tensor, noise: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        y = self.q_sample(target, t, noise).requires_grad_()
        mse = (self.gradient(inp, y, t, graph=True) - noise).square().mean()
        negative = self.refine(inp, target, self.corrupt(target, t), t)
        energy, _, _ = self.energy_loss(inp, target, negative, t, noise)
        energy = energy.detach() if self.fault == "detached" else energy
        loss = mse + self.loss_weight * energy
        if self.fault == "nan replaced" and not bool(loss.isfinite()):
            loss = torch.full_like(loss, 0.1, requires_grad=True)
        return loss, (mse, energy)

    def forward(self, inp: Tensor, target: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        t = torch.randint(len(self.signal), (len(inp),), generator=self.generator)
        return self.p_losses(inp, target, t, torch.randn(target.shape, generator=self.generator))


class Trainer1D:
    """The trainer: sums of two vectors, Adam, gradient accumulation, a count of steps."""

    def __init__(self, fault: str = "", batch: int = 32, accumulate: int = 2, size: int = 6) -> None:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.diffusion = GaussianDiffusion1D(EnergyNet(32, 2 * size, size), fault=fault)
        self.fault, self.batch, self.accumulate, self.size = fault, batch, accumulate, size
        self.opt = torch.optim.Adam(self.diffusion.parameters(), lr=1e-3)
        self.step, self.generator = 0, torch.Generator().manual_seed(1)

    def data(self, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        x = torch.rand((size, 2 * self.size), generator=generator) * 2 - 1
        return x, x[:, : self.size] + x[:, self.size :]

    def train_one(self) -> Tensor:
        """Take one training step and return its loss."""
        self.opt.zero_grad()
        total = torch.zeros(())
        for _ in range(self.accumulate):
            loss, _ = self.diffusion(*self.data(self.batch, self.generator))
            if not bool(loss.isfinite()):
                raise FloatingPointError(f"loss not finite at step {self.step}")
            (loss / self.accumulate).backward()
            total = total + loss.detach() / self.accumulate
            if self.fault == "counter in the loop":
                self.step += 1
        torch.nn.utils.clip_grad_norm_(self.diffusion.parameters(), 1.0)
        self.opt.step()
        if self.fault != "counter in the loop":
            self.step += 1
        return total
