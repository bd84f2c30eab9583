from dataclasses import dataclass

import pytest
import torch
from jaxtyping import Float, Int
from torch import Tensor

from ravine.descent import Descent, projection
from ravine.diffusion import Diffusion
from ravine.energies.base import Condition, Energy, EnergyAndGradient


@dataclass(frozen=True)
class Target(Condition):
    """Where the bowl's bottom is."""

    at: Float[Tensor, "b n"]


class Bowl(Energy[Target]):
    """E = |y - x|^2 / 2, and a count of the points it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.points = 0

    def condition(self, x: Float[Tensor, "b n"], k: Int[Tensor, " b"]) -> Target:
        return Target(x)

    def energy(self, condition: Target, y: Float[Tensor, "b n"]) -> Float[Tensor, " b"]:
        self.points += 1
        return (y - condition.at).square().sum(1) / 2

    def energy_and_gradient(self, condition: Target, y: Float[Tensor, "b n"]) -> EnergyAndGradient:
        return EnergyAndGradient(self.energy(condition, y), y - condition.at)


def free(y: Tensor) -> Tensor:
    return y


def descend(descent: Descent, eta: float) -> tuple[Tensor, Bowl, Tensor]:
    bowl, start = Bowl(), torch.tensor([[1.0, 2.0], [3.0, -1.0]])
    end = descent.run(bowl, Target(torch.zeros(2, 2)), start, torch.full((2,), eta), free)
    assert end.evaluations == bowl.points == descent.steps + 1
    torch.testing.assert_close(end.energy, end.y.square().sum(1) / 2)
    torch.testing.assert_close(end.trace[0], end.start_energy)
    return end.y, bowl, end.accepted


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_steps_shrink_towards_the_bottom(steps: int) -> None:
    y, _, accepted = descend(Descent(steps, 0.5), eta=0.5)
    torch.testing.assert_close(y, 0.75**steps * torch.tensor([[1.0, 2.0], [3.0, -1.0]]))
    assert (accepted == 1).all()


def test_rising_steps_are_rejected_and_rows_decide_for_themselves() -> None:
    y, _, accepted = descend(Descent(3), eta=2.5)
    torch.testing.assert_close(y, torch.tensor([[1.0, 2.0], [3.0, -1.0]]))
    assert (accepted == 0).all()
    y, _, accepted = descend(Descent(1, keep="all"), eta=2.5)
    torch.testing.assert_close(y, -1.5 * torch.tensor([[1.0, 2.0], [3.0, -1.0]]))
    assert (accepted == 1).all()


def test_a_rejected_row_keeps_its_own_gradient() -> None:
    bowl, start = Bowl(), torch.tensor([[1.0, 2.0], [3.0, -1.0]])
    eta = torch.tensor([2.5, 0.5])  # the first row always overshoots, the second never
    end = Descent(3).run(bowl, Target(torch.zeros(2, 2)), start, eta, free)
    torch.testing.assert_close(end.y, torch.stack([start[0], start[1] / 8]))
    assert end.accepted.tolist() == [0.0, 1.0]


def test_a_rising_or_undefined_energy_is_never_kept() -> None:
    class Cliff(Bowl):
        def energy(self, condition: Target, y: Float[Tensor, "b n"]) -> Float[Tensor, " b"]:
            inside = super().energy(condition, y)
            return torch.where(y[:, 0] < 0.9, torch.nan, inside)

    start = torch.tensor([[1.0, 0.0]])
    end = Descent(2).run(Cliff(), Target(torch.zeros(1, 2)), start, torch.full((1,), 0.5), free)
    torch.testing.assert_close(end.y, start)


def test_the_projection_bounds_and_holds_given_entries() -> None:
    diffusion, k = Diffusion.cosine(10), torch.tensor([0, 9])
    answer, given = torch.tensor([[0.5, 0.0], [0.25, 0.0]]), torch.tensor([[True, False], [True, False]])
    y = projection(diffusion, k, 2.0, given, answer)(torch.full((2, 2), 7.0))
    torch.testing.assert_close(y[:, 0], answer[:, 0] * diffusion.signal[k])
    torch.testing.assert_close(y[:, 1], 2.0 * diffusion.signal[k])


def test_each_step_has_its_own_scale() -> None:
    y, _, _ = descend(Descent(2, (0.5, 1.0)), eta=0.5)
    torch.testing.assert_close(y, 0.75 * 0.5 * torch.tensor([[1.0, 2.0], [3.0, -1.0]]))
