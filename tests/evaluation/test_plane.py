"""Slices through an answer: the plane holds the way, and the energy on it is the energy there."""

from typing import Any

import pytest
import torch
from torch import Tensor

from ravine.evaluation.plane import COARSE, Slice, directions, energy_slice
from ravine.seeding import Seeds
from ravine.tasks.fixed import fixed_split
from ravine.tasks.matrices.inverse import Inverse

SEEDS = Seeds(0, ("test",))


def way_of(right: Tensor, offsets: list[tuple[float, float]]) -> Tensor:
    """Answers in the plane of the first two entries."""
    answers = right.repeat(len(offsets), 1, 1)
    for index, (u, v) in enumerate(offsets):
        answers[index, 0, 0] += u
        answers[index, 0, 1] += v
    return answers


def cut(task: Inverse, energy: Any, offsets: list[tuple[float, float]]) -> tuple[Slice, Tensor, Tensor]:
    batch = fixed_split(task, "same", 1).batch
    way = way_of(batch.y, offsets)
    return energy_slice(energy, batch, way, energy.diffusion, SEEDS, points=21), batch.y, way


def test_the_path_keeps_its_distances_from_right(task: Inverse, ideal: Any) -> None:
    found, right, way = cut(task, ideal, [(2, 1), (1, -1), (0.5, 0.4), (0.1, 0.2)])
    mse = (way - right).square().flatten(1).mean(1)
    torch.testing.assert_close(found.path.square().sum(1), mse[-len(found.path) :])
    assert (found.path.abs() <= found.axis.abs().max()).all()


def test_the_energy_of_the_plane_is_the_parabola_that_it_is(task: Inverse, ideal: Any) -> None:
    found, _, _ = cut(task, ideal, [(2, 1), (1, -1), (0.5, 0.4), (0.1, 0.2)])
    u, v = found.axis[None, :], found.axis[:, None]
    signal, sigma = ideal.diffusion.signal[0], ideal.diffusion.sigma[0]
    expected = (u.square() + v.square()) * 16 * signal**2 / sigma / 2
    torch.testing.assert_close(found.energy, expected, atol=1e-3, rtol=1e-3)
    assert found.energy.argmin() == 21 * 21 // 2


def test_every_landscape_is_there_on_the_coarser_grid(task: Inverse, ideal: Any) -> None:
    found, _, _ = cut(task, ideal, [(2, 1), (1, -1), (0.5, 0.4), (0.1, 0.2)])
    diffusion = ideal.diffusion
    assert found.levels.shape == (diffusion.landscapes, COARSE, COARSE)
    torch.testing.assert_close(found.levels[0], found.energy)  # which is drawn on as many points here
    scale = diffusion.signal**2 / diffusion.sigma
    expected = found.energy * (scale / scale[0])[:, None, None]
    torch.testing.assert_close(found.levels, expected, atol=1e-2, rtol=1e-2)


def test_an_early_answer_far_away_does_not_widen_the_view(task: Inverse, ideal: Any) -> None:
    found, _, _ = cut(task, ideal, [(100, 50), (60, -80), (0.5, 0.4), (0.1, 0.2)])
    assert float(found.axis.max()) < 1
    assert len(found.path) == 2


@pytest.mark.parametrize("offsets", [[(0, 0), (0, 0)], [(1, 0), (0.5, 0), (0.2, 0)]])
def test_a_way_without_two_directions_has_a_plane_all_the_same(
    task: Inverse, ideal: Any, offsets: list[tuple[float, float]]
) -> None:
    found, _, _ = cut(task, ideal, offsets)
    assert found.energy.isfinite().all()
    assert float(found.axis.max()) > 0


@pytest.mark.parametrize("bad", [[0], [0, 3], [0, 1, 2, 3]])
def test_answers_that_are_not_finite_span_nothing(task: Inverse, ideal: Any, bad: list[int]) -> None:
    offsets = [(2.0, 1.0), (1.0, -1.0), (0.5, 0.4), (0.1, 0.2)]
    for index in bad:
        offsets[index] = (float("nan"), float("inf"))
    found, _, _ = cut(task, ideal, offsets)
    assert found.energy.isfinite().all()
    assert found.path.isfinite().all()
    assert len(found.path) <= 3 - max(bad)


@pytest.mark.parametrize("rows", [0, 1, 2, 5])
def test_directions_are_orthonormal(rows: int) -> None:
    offsets = torch.randn((rows, 6), generator=torch.Generator().manual_seed(rows), dtype=torch.float64)
    plane = directions(offsets, torch.ones(6).double(), SEEDS)
    torch.testing.assert_close(plane @ plane.T, torch.eye(2, dtype=torch.float64))


def test_a_single_entry_has_one_direction() -> None:
    plane = directions(torch.tensor([[2.0], [1.0]], dtype=torch.float64), torch.ones(1).double(), SEEDS)
    assert plane[0].abs().item() == 1
    assert plane[1].item() == 0
