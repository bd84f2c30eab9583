"""Energies around computed factors and eigenvectors: exact with the right weights; and what they do not know."""

import math

import pytest
import torch

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.computed import ComputedEnergy
from ravine.energies.pivots import PivotEnergy, PivotsConfig
from ravine.energies.reflections import ReflectionEnergy, ReflectionsConfig
from ravine.energies.spectral import SpectralConfig
from ravine.errors import ConfigurationError
from ravine.tasks.matrices.computed import ComputedTask
from ravine.tasks.matrices.det import Determinant
from ravine.tasks.matrices.eigen import Eigen
from ravine.tasks.matrices.lu import LU
from ravine.tasks.matrices.qr import QR

DIFFUSION = Diffusion.log_snr(8, 0.01)
CONFIGS = {"lu": PivotsConfig(), "qr": ReflectionsConfig(), "det": ReflectionsConfig(), "eigen": SpectralConfig()}


def made(task: ComputedTask) -> ComputedEnergy:
    energy = CONFIGS[task.name].build(task.shape, DIFFUSION, torch.Generator().manual_seed(0))
    assert isinstance(energy, ComputedEnergy)
    return energy.double()


def problems(task: ComputedTask, split: str = "harder") -> torch.Tensor:
    return task.sample(6, torch.Generator().manual_seed(1), split, torch.float64).x


def test_sharp_pivots_are_partial_pivoting() -> None:
    task, energy = LU(6), made(LU(6))
    assert isinstance(energy, PivotEnergy)
    energy.sharpness.data.fill_(2.0)
    torch.testing.assert_close(energy.computed(problems(task)), task.answer(problems(task)), atol=1e-6, rtol=0)


def test_no_order_of_rows_matters_to_pivots() -> None:
    task, x = LU(6), problems(LU(6))
    order = torch.randperm(6, generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(made(task).computed(x[:, :, order]), made(task).computed(x))


@pytest.mark.parametrize("task", [QR(6), Determinant(6), Determinant(5)], ids=["qr", "det", "odd det"])
def test_mirrors_of_the_right_length_are_householders(task: ComputedTask) -> None:
    energy = made(task)
    assert isinstance(energy, ReflectionEnergy)
    energy.along.data.fill_(1.0)
    energy.sharpness.data.fill_(3.0)
    if energy.scale is not None:
        energy.scale.data.fill_(math.log(10) / 5)
    torch.testing.assert_close(energy.computed(problems(task)), task.answer(problems(task)), atol=1e-6, rtol=1e-6)


def test_mirrors_are_orthonormal_whatever_their_length() -> None:
    q = made(QR(6)).computed(problems(QR(6)))[:, 0]
    torch.testing.assert_close(q.mT @ q, torch.eye(6, dtype=torch.float64).expand_as(q))


def test_polynomials_of_a_matrix_know_no_unit_no_shift_and_no_names_of_axes() -> None:
    energy, x = made(Eigen(6)), problems(Eigen(6))
    answer = energy.computed(x)
    torch.testing.assert_close(answer.norm(dim=1), torch.ones(6, dtype=torch.float64))
    torch.testing.assert_close(energy.computed(100 * x + 3 * torch.eye(6, dtype=torch.float64)), answer)
    order = torch.tensor([0, 3, 1, 5, 2, 4])
    torch.testing.assert_close(energy.computed(x[:, :, order][:, :, :, order]), answer[:, order])


@pytest.mark.parametrize("name", CONFIGS)
def test_problems_of_another_form_are_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="needs one matrix"):
        CONFIGS[name].build(Shape((2, 4, 4), (4, 4)), DIFFUSION, torch.Generator())
