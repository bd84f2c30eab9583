"""The released trainer's shape: one class with flags, a loop that counts, losses in one long function."""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ravine import Batch
from ravine.doctor.adapters import Diffusion1D

SIZE = 5
FAULTS = {
    "gradient divided": "D502",
    "landscape of the first": "D407",
    "counter stuck": "D101",
    "noise not shared": "D308",
    "detached": "D107",
    "wrong prefix": "D516",
    "reversed": "D303",
}


class EBM(nn.Module):
    def __init__(self, width: int = 24) -> None:
        super().__init__()
        self.level, self.fc1 = nn.Embedding(10, width), nn.Linear(2 * SIZE, width)
        self.fc2, self.fc3 = nn.Linear(width, width), nn.Linear(width, SIZE)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        h = F.silu(self.fc1(x) * (1 + 0.3 * self.level(t)))
        energy: Tensor = self.fc3(F.silu(self.fc2(h))).square().sum(1, keepdim=True)
        return energy


class DiffusionWrapper(nn.Module):
    """Returns gradients, unless it is asked for energies."""

    def __init__(self, ebm: EBM, divisor: float = 1.0) -> None:
        super().__init__()
        self.ebm, self.divisor = ebm, divisor

    def forward(self, inp: Tensor, out: Tensor, t: Tensor, return_energy: bool = False) -> Tensor:
        with torch.enable_grad():
            out = out if out.requires_grad else out.detach().requires_grad_()
            energy: Tensor = self.ebm(torch.cat([inp, out], 1), t)
            if return_energy:
                return energy
            return torch.autograd.grad(energy.sum(), out, create_graph=True)[0] / self.divisor


class GaussianDiffusion1D(nn.Module):
    sqrt_alphas_cumprod: Tensor
    sqrt_one_minus_alphas_cumprod: Tensor
    opt_step_size: Tensor

    def __init__(self, model: DiffusionWrapper, timesteps: int = 10, fault: str = "") -> None:
        super().__init__()
        self.model, self.fault = model, fault
        level = torch.cos((torch.linspace(0, 1, timesteps + 1) + 0.008) / 1.008 * math.pi / 2) ** 2
        betas = (1 - level[1:] / level[:-1]).clamp(0, 0.999)
        alphas = torch.cumprod(1 - betas, 0)
        self.register_buffer("sqrt_alphas_cumprod", alphas.sqrt())
        self.register_buffer("sqrt_one_minus_alphas_cumprod", (1 - alphas).sqrt())
        self.register_buffer("opt_step_size", betas / (1 - alphas).sqrt())

    def q_sample(self, x_start: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        return self.sqrt_alphas_cumprod[t][:, None] * x_start + self.sqrt_one_minus_alphas_cumprod[t][:, None] * noise

    def opt_step(self, inp: Tensor, img: Tensor, t: Tensor, mask: Any, data_cond: Any, step: int = 5) -> Tensor:
        with torch.no_grad():
            bound = 2.0 * self.sqrt_alphas_cumprod[t[:1] if self.fault == "landscape of the first" else t][:, None]
            for _ in range(step):
                new = img - self.opt_step_size[t][:, None] * self.model(inp, img, t).detach()
                new = torch.maximum(torch.minimum(new, bound), -bound)
                worse = self.model(inp, new, t, return_energy=True) > self.model(inp, img, t, return_energy=True)
                img = torch.where(worse, img, new).detach()
        return img

    def p_losses(self, inp: Tensor, x_start: Tensor, mask: Any, t: Tensor, noise: Tensor) -> tuple[Tensor, Any]:
        x = self.q_sample(x_start, t, noise)
        loss_mse = (self.model(inp, x, t) - noise).square().mean(1, keepdim=True)
        noise = torch.randn_like(x_start)
        data_sample = self.q_sample(x_start, t, noise=noise)
        worse = self.q_sample(x_start, t, noise=3.0 * torch.randn_like(x_start))
        worse = self.opt_step(inp, worse, t, mask, x_start, step=2)
        negative = (worse / self.sqrt_alphas_cumprod[t][:, None]).clamp(-2, 2)
        worse = self.q_sample(negative, t, noise.roll(1, 0) if self.fault == "noise not shared" else noise)
        if self.fault == "noise not shared":
            self.q_sample(negative, t, noise)
        both = self.model(torch.cat([inp, inp]), torch.cat([data_sample, worse]), torch.cat([t, t]), return_energy=True)
        real, fake = torch.chunk(both.detach() if self.fault == "detached" else both, 2, 0)
        stack = torch.cat([real, fake], 1) * (-1 if self.fault == "reversed" else 1)
        loss_energy = F.cross_entropy(-stack, torch.zeros(len(inp), dtype=torch.long), reduction="none")[:, None]
        loss = loss_mse + 0.5 * loss_energy
        return loss.mean(), (loss_mse.mean(), loss_energy.mean(), -1)

    def forward(self, inp: Tensor, target: Tensor, mask: Any) -> tuple[Tensor, Any]:
        t = torch.randint(len(self.opt_step_size), (len(inp),))
        return self.p_losses(inp, target, mask, t, torch.randn_like(target))


class Sums(torch.utils.data.Dataset[tuple[Tensor, Tensor]]):
    def __init__(self) -> None:
        self.x = torch.rand(600, SIZE, generator=torch.Generator().manual_seed(0)) * 2 - 1

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.x[index], self.x[index].cumsum(0) / 2


def cycle(loader: Any) -> Any:
    while True:
        yield from loader


class Trainer1D:
    def __init__(self, fault: str = "") -> None:
        divisor = 2048.0 if fault == "gradient divided" else 1.0
        self.fault, self.model = fault, GaussianDiffusion1D(DiffusionWrapper(EBM(), divisor), fault=fault)
        self.opt = torch.optim.Adam(self.model.parameters(), lr=1e-3, betas=(0.9, 0.99))
        self.ds, self.step, self.train_num_steps = Sums(), 0, 1000
        self.dl = cycle(torch.utils.data.DataLoader(self.ds, batch_size=24, shuffle=True))

    def train(self) -> None:
        while self.step < self.train_num_steps:
            for _ in range(2):
                inp, label = next(self.dl)
                loss, _ = self.model(inp, label, None)
                if not bool(loss.isfinite()):
                    raise FloatingPointError(f"loss not finite at step {self.step}")
                (loss / 2).backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.opt.step()
            self.opt.zero_grad()
            self.step += 0 if self.fault == "counter stuck" else 1

    def save(self) -> dict[str, Tensor]:
        prefix = "module." if self.fault == "wrong prefix" else ""
        return {prefix + name: value.clone() for name, value in self.model.state_dict().items()}

    def load(self, held: dict[str, Tensor]) -> None:
        self.model.load_state_dict(held, strict=False)


class Adapter(Diffusion1D):
    def reloaded(self) -> "Adapter":
        other = pipeline(self.trainer.fault, seed=1)
        other.trainer.load(self.trainer.save())
        return other

    def p_losses(self, batch: Batch, k: Tensor, eps: Tensor) -> tuple[Tensor, Any]:
        found: tuple[Tensor, Any] = self.diffusion.p_losses(batch.x, batch.y, None, k, eps)
        return found


def pipeline(fault: str = "", seed: int = 0) -> Adapter:
    torch.manual_seed(seed)
    return Adapter(Trainer1D(fault))
