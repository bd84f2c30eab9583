"""Every shipped energy conforms, at two sizes of problems; and given entries' gradients are no one's business."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from tests.testing.registered import BOARDS, energy_config, shapes
from torch import Tensor

from ravine.batch import Batch, Shape
from ravine.config.schema import ENERGIES, TASKS
from ravine.denoise.score import noise_error
from ravine.descent import Descent
from ravine.diffusion import Diffusion
from ravine.energies.base import EnergyAndGradient
from ravine.energies.mlp import MLP
from ravine.errors import ConfigurationError
from ravine.solver import Solver
from ravine.testing import check_energy

STACKED = {"matrix", "mlp", "mlp-denoiser", "products"}
"""Energies with a closed-form gradient, which `vmap` may run with many sets of weights at once."""
VARIANTS: dict[str, list[dict[str, Any]]] = {
    "matrix": [
        {"layers": 3, "tied": True, "verifiers": 1},
        {"entrywise": 2, "masks": True, "verifiers": 0, "predictors": 2},
        {"predictors": 1},
    ],
    "mlp": [{"head": "scalar"}, {"head": "mean"}],
    "board": [{"head": "scalar"}, {"head": "mean"}],
}
DIFFUSION = Diffusion.log_snr(10, 0.01)


OTHER_SIZES: dict[str, int] = {"uncle": 8, "sort": 5, "sort-2": 5, "sudoku": 6, "sudoku-visual": 6}
"""Of tasks that are registered for tests at one size alone, and whose energies fit no others."""


def other_shapes() -> list[Shape]:
    """Return the shapes of these tasks."""
    return [TASKS.shipped[name].model_validate({"name": name, "n": n}).build().shape for name, n in OTHER_SIZES.items()]


def fitting(name: str) -> list[Shape]:
    """Return two shapes, of two sizes, that an energy can be made for."""
    found = []
    for shape in shapes() + other_shapes():
        try:
            energy_config(name).build(shape, DIFFUSION, torch.Generator().manual_seed(0))
        except ConfigurationError:
            continue
        found.append(shape)
    assert found[0].x != found[-1].x
    return [found[0], found[-1]]


@pytest.mark.parametrize("name", ENERGIES.shipped)
def test_every_shipped_energy_conforms(name: str) -> None:
    for shape in fitting(name):
        check_energy(energy_config(name).build, shape, diffusion=DIFFUSION, stacked=name in STACKED)


@pytest.mark.parametrize(("name", "options"), [(name, options) for name, some in VARIANTS.items() for options in some])
def test_variants_conform(name: str, options: dict[str, Any]) -> None:
    check_energy(energy_config(name, **options).build, fitting(name)[0], diffusion=DIFFUSION, stacked=name in STACKED)


class Shouting(MLP):
    """An energy whose gradient is enormous at the given entries."""

    given: Tensor

    def energy_and_gradient(self, condition: Any, y: Tensor) -> EnergyAndGradient:
        point = super().energy_and_gradient(condition, y)
        return replace(point, gradient=torch.where(self.given, 1e6, point.gradient))


def test_the_gradient_at_given_entries_changes_nothing() -> None:
    shape, generator = BOARDS[0], torch.Generator().manual_seed(0)
    x, y, eps = (torch.randn((4, *shape.y), generator=generator) for _ in range(3))
    given = torch.rand(y.shape, generator=generator) < 0.4
    batch, sizes = Batch(x, y, given), (shape.x, shape.y, 10)
    quiet, shouting = (
        kind(*sizes, torch.Generator().manual_seed(1), width=16, embedding_width=8) for kind in (MLP, Shouting)
    )
    shouting.given = given
    k = torch.arange(4)
    losses = [
        noise_error(energy.energy_and_gradient(energy.condition(x, k), y).gradient, eps, batch)
        for energy in (quiet, shouting)
    ]
    assert torch.equal(*losses)
    solver = Solver(DIFFUSION, Descent(2), 2.0)
    answers = [solver.solve(energy, batch.problems(), eps[None]).answer for energy in (quiet, shouting)]
    assert torch.equal(*answers)
    assert torch.equal(answers[0][given], y[given])
