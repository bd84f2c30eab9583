"""The annealed sequence of landscapes: how an answer is noised, rescaled and bounded at landscape `k`."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ravine.batch import per_problem


@dataclass(frozen=True)
class Diffusion:
    """K landscapes, each with its share of signal and noise; `k = 0` is the sharpest, `k = K-1` the smoothest.

    `alpha_bar`, `signal` = sqrt(alpha_bar), `sigma` = sqrt(1 - alpha_bar) and `step_size` eta = beta / sigma, each
    (K,). Tables are computed in float64 and held in float32. Source: Du et al. 2024, section 3; cosine schedule of
    Nichol and Dhariwal 2021, equation 17.
    """

    alpha_bar: Float[Tensor, " K"]
    signal: Float[Tensor, " K"]
    sigma: Float[Tensor, " K"]
    beta: Float[Tensor, " K"]
    step_size: Float[Tensor, " K"]

    @classmethod
    def from_beta(cls, beta: Float[Tensor, " K"]) -> "Diffusion":
        """Return the landscapes of a noise schedule `beta`, (K,) in float64, each within (0, 1)."""
        alpha_bar = torch.cumprod(1 - beta.double(), 0)
        sigma = (1 - alpha_bar).sqrt()
        tables = (alpha_bar, alpha_bar.sqrt(), sigma, beta, beta / sigma)
        return cls(*(table.float() for table in tables))

    @classmethod
    def cosine(cls, landscapes: int = 10, offset: float = 0.008, beta_max: float = 0.999) -> "Diffusion":
        """Return the cosine schedule with `landscapes` landscapes, IRED's own."""
        u = torch.linspace(0, 1, landscapes + 1, dtype=torch.float64)
        level = torch.cos((u + offset) / (1 + offset) * math.pi / 2) ** 2
        return cls.from_beta((1 - level[1:] / level[:-1]).clamp(0, beta_max))

    @classmethod
    def log_snr(cls, landscapes: int, sharpest: float, smoothest: float = 0.999) -> "Diffusion":
        """Return landscapes evenly spaced in ln(signal^2 / sigma^2), from sigma = `sharpest` to `smoothest`."""
        low, high = (math.log(sigma**2 / (1 - sigma**2)) for sigma in (sharpest, smoothest))
        noise = torch.sigmoid(torch.linspace(low, high, landscapes, dtype=torch.float64))
        before = torch.cat([noise.new_zeros(1), noise[:-1]])
        return cls.from_beta((noise - before) / (1 - before))

    @property
    def landscapes(self) -> int:
        """The number of landscapes, K."""
        return self.alpha_bar.shape[0]

    def to(self, device: torch.device | str, dtype: torch.dtype = torch.float32) -> "Diffusion":
        """Return the same landscapes with their tables on `device` in `dtype`."""
        tables = (self.alpha_bar, self.signal, self.sigma, self.beta, self.step_size)
        return Diffusion(*(table.to(device, dtype) for table in tables))

    def noise_level(self, k: Int[Tensor, " b"]) -> Float[Tensor, " b"]:
        """Return sigma_k / sqrt(abar_k): the standard deviation of each landscape's noise in answer space, (b,)."""
        return self.sigma[k] / self.signal[k]

    def draw_landscapes(self, size: int, generator: torch.Generator) -> Int[Tensor, " b"]:
        """Draw `size` landscapes uniformly, (size,), on the generator's device."""
        return torch.randint(self.landscapes, (size,), generator=generator, device=generator.device)

    def scale(self, y: Float[Tensor, "b *answer"], k: Int[Tensor, " b"]) -> Float[Tensor, "b *answer"]:
        """Return sqrt(abar_k) y: an answer brought to the scale of its landscape."""
        return y * per_problem(self.signal[k], y)

    def unscale(self, y_k: Float[Tensor, "b *answer"], k: Int[Tensor, " b"]) -> Float[Tensor, "b *answer"]:
        """Return y_k / sqrt(abar_k): the answer that a point of landscape `k` stands for."""
        return y_k / per_problem(self.signal[k], y_k)

    def noise(
        self, y: Float[Tensor, "b *answer"], k: Int[Tensor, " b"], eps: Float[Tensor, "b *answer"]
    ) -> Float[Tensor, "b *answer"]:
        """Return y_k = sqrt(abar_k) y + sqrt(1 - abar_k) eps."""
        return torch.addcmul(self.scale(y, k), per_problem(self.sigma[k], y), eps)

    def predict_clean(
        self, y_k: Float[Tensor, "b *answer"], k: Int[Tensor, " b"], eps: Float[Tensor, "b *answer"]
    ) -> Float[Tensor, "b *answer"]:
        """Return the answer y that `noise` would turn into `y_k` with noise `eps`."""
        return self.unscale(y_k - per_problem(self.sigma[k], y_k) * eps, k)

    def clip(self, y_k: Float[Tensor, "b *answer"], k: Int[Tensor, " b"], bound: float) -> Float[Tensor, "b *answer"]:
        """Return `y_k` with every entry within +-bound sqrt(abar_k), each row by its own landscape."""
        limit = per_problem(bound * self.signal[k], y_k)
        return torch.minimum(torch.maximum(y_k, -limit), limit)
