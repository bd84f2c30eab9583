"""Annealing by a network that predicts the noise: its formula, its noise, what it holds, and what it refuses."""

from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor

from ravine.batch import Batch
from ravine.descent import Descent
from ravine.diffusion import Diffusion
from ravine.energies.base import Condition
from ravine.energies.denoiser import Denoiser
from ravine.energies.mlp import MLP
from ravine.energies.mlp_denoiser import MLPDenoiser
from ravine.errors import ConfigurationError, InputError
from ravine.solver import Solver
from ravine.stopping import UntilSolved

DIFFUSION = Diffusion.cosine(10).to("cpu", torch.float64)
BOUND = 2.0
SEED = 100
"""Of the first fresh noise: no start has it."""


@dataclass(frozen=True)
class At(Condition):
    """The problem, and its landscape."""

    x: Tensor
    k: Tensor


class Normal(Denoiser[At]):
    """The best prediction where answers are N(x, spread^2): the posterior mean of the noise, in closed form."""

    def __init__(self, spread: float, diffusion: Diffusion = DIFFUSION) -> None:
        super().__init__()
        self.spread, self.diffusion = spread, diffusion
        self.seen: list[Tensor] = []

    def condition(self, x: Tensor, k: Tensor) -> At:
        return At(x, k)

    def noise(self, condition: At, y: Tensor) -> Tensor:
        self.seen.append(y.clone())
        signal, sigma = (table[condition.k][:, None] for table in (self.diffusion.signal, self.diffusion.sigma))
        return sigma * (y - signal * condition.x) / (sigma**2 + (signal * self.spread) ** 2)


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def solver(renoise: float = 0.0, **changes: Any) -> Solver:
    return Solver(DIFFUSION, Descent(0), changes.pop("bound", BOUND), renoise=renoise, **changes)


def fresh(visit: int, starts: slice) -> Tensor:
    assert starts == slice(0, 1)
    return normal(1, 4000, 3, seed=SEED + visit)


@pytest.mark.parametrize("renoise", [0.0, 0.4, 1.0])
def test_it_is_the_stated_recursion(renoise: float) -> None:
    network = MLPDenoiser(MLP((5,), (3,), 10, torch.Generator().manual_seed(0), width=8, embedding_width=8)).double()
    problems, start = Batch(normal(4000, 5), torch.zeros(4000, 3).double()), normal(1, 4000, 3, seed=1)
    found = solver(renoise).solve(network, problems, start, fresh)
    y, signal, sigma = start[0], DIFFUSION.signal, DIFFUSION.sigma
    for visit, k in enumerate(range(9, -1, -1)):
        eps = network.noise(network.condition(problems.x, torch.full((4000,), k)), y).detach()
        clean = ((y - sigma[k] * eps) / signal[k]).clamp(-BOUND, BOUND)
        torch.testing.assert_close(found.trajectory.answers[visit], clean)
        if k:
            left, drawn = (y - signal[k] * clean) / sigma[k], normal(1, 4000, 3, seed=SEED + visit + 1)[0]
            y = signal[k - 1] * clean + sigma[k - 1] * ((1 - renoise**2) ** 0.5 * left + renoise * drawn)
    torch.testing.assert_close(found.answer, clean)
    assert found.energy is None
    assert found.energies is None
    assert found.trajectory.energies is None
    assert found.evaluations == 10


@pytest.mark.parametrize("renoise", [0.0, 0.5, 1.0])
def test_every_state_has_its_landscapes_noise(renoise: float) -> None:
    """Where the answer is certain, states are y_k = sqrt(abar_k) x + sigma_k of unit noise, and the answer is x."""
    x = normal(4000, 3, seed=7).clamp(-1, 1)
    network = Normal(spread=0.0)
    found = solver(renoise).solve(network, Batch(x, torch.zeros_like(x)), normal(1, 4000, 3, seed=1), fresh)
    torch.testing.assert_close(found.answer, x)
    for visit, state in enumerate(network.seen[1:], 1):
        k = 9 - visit
        noise = (state - DIFFUSION.signal[k] * x) / DIFFUSION.sigma[k]
        assert abs(float(noise.std()) - 1) < 0.02, k
        assert abs(float(noise.mean())) < 0.03, k


def test_ddim_maps_noise_to_answers() -> None:
    """The exact flow maps N(0, 1) to N(x, spread^2); steps through many landscapes come near it."""
    x, many = torch.zeros(4000, 3).double(), Diffusion.cosine(400).to("cpu", torch.float64)
    start, spread = normal(1, 4000, 3, seed=1), 0.3
    found = Solver(many, Descent(0), BOUND).solve(Normal(spread, many), Batch(x, x.clone()), start)
    torch.testing.assert_close(found.answer, spread * start[0], rtol=0.05, atol=1e-3)


def test_given_entries_are_held() -> None:
    x, given = normal(50, 3), torch.tensor([True, False, False]).expand(50, 3)
    right, start = normal(50, 3, seed=2).clamp(-1, 1), normal(1, 50, 3, seed=1)

    def solved(network: Normal, y: Tensor) -> Tensor:
        return (
            solver(0.5).solve(network, Batch(x, y, given), start, lambda visit, some: fresh(visit, some)[:, :50]).answer
        )

    network = Normal(0.3)
    answer = solved(network, right)
    assert torch.equal(answer[:, 0], right[:, 0])
    for visit, state in enumerate(network.seen):
        torch.testing.assert_close(state[:, 0], DIFFUSION.signal[9 - visit] * right[:, 0])
    assert torch.equal(solved(Normal(0.3), torch.where(given, right, 99.0)), answer), "hidden answers were read"


def test_answers_stay_within_the_bound_and_rows_stand_alone() -> None:
    x, start = normal(20, 3), normal(1, 20, 3, seed=1)
    found = solver(bound=0.5).solve(Normal(1.0), Batch(x, torch.zeros_like(x)), start)
    assert float(found.trajectory.answers.abs().max()) <= 0.5
    alone = solver(bound=0.5).solve(Normal(1.0), Batch(x[3:4], torch.zeros(1, 3).double()), start[:, 3:4])
    torch.testing.assert_close(alone.answer, found.answer[3:4])


@pytest.mark.parametrize(
    ("made", "starts", "words"),
    [
        (Solver(DIFFUSION, Descent(1), BOUND), 1, r"solve\.steps: Normal .* no energy; write 0"),
        (solver(), 2, r"solve\.starts: .*write 1"),
        (solver(1.5), 1, r"solve\.renoise: .*write 1"),
        (UntilSolved(**vars(solver()), verifier=lambda batch, answer: answer.sum(1) > 0), 2, r"solve\.starts"),
    ],
)
def test_what_asks_for_energies_is_refused(made: Solver, starts: int, words: str) -> None:
    x = normal(4, 3)
    with pytest.raises(ConfigurationError, match=words):
        made.solve(Normal(0.3), Batch(x, torch.zeros_like(x)), normal(starts, 4, 3, seed=1), fresh)


def test_renoising_without_noise_is_refused() -> None:
    x = normal(4, 3)
    with pytest.raises(InputError, match="was given no noise"):
        solver(1.0).solve(Normal(0.3), Batch(x, torch.zeros_like(x)), normal(1, 4, 3, seed=1))
