"""An energy whose landscapes are known: its gradient is the ideal noise prediction for one right answer."""

from dataclasses import dataclass

import pytest
import torch
from jaxtyping import Float, Int
from torch import Tensor

from ravine.batch import per_problem
from ravine.diffusion import Diffusion
from ravine.energies.base import Condition, Energy
from ravine.tasks.matrices.inverse import Inverse


@dataclass(frozen=True)
class Right(Condition):
    """Scaled right answers and noise levels."""

    centre: Float[Tensor, "b n n"]
    sigma: Float[Tensor, " b"]


class Ideal(Energy[Right]):
    """E = sign |y - sqrt(abar_k) A^-1|^2 / (2 sigma_k): with sign 1 its gradient is the noise itself."""

    def __init__(self, diffusion: Diffusion, sign: float = 1.0) -> None:
        super().__init__()
        self.diffusion, self.sign = diffusion, sign

    def condition(self, x: Float[Tensor, "b one n n"], k: Int[Tensor, " b"]) -> Right:
        inverse = torch.linalg.inv(x[:, 0].double()).to(x.dtype)
        return Right(self.diffusion.scale(inverse, k), self.diffusion.sigma[k])

    def energy(self, condition: Right, y: Float[Tensor, "b n n"]) -> Float[Tensor, " b"]:
        squared = (y - condition.centre).square() / per_problem(condition.sigma, y)
        result: Tensor = self.sign * squared.flatten(1).sum(1) / 2
        return result


TASK = Inverse(4)


@pytest.fixture
def task() -> Inverse:
    return TASK


@pytest.fixture
def ideal() -> Ideal:
    return Ideal(Diffusion.cosine(5))


@pytest.fixture
def inverted() -> Ideal:
    """The same landscapes upside down: high where right."""
    return Ideal(Diffusion.cosine(5), sign=-1.0)
