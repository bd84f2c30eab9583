"""Every task's answers and verifier against NumPy, SciPy or a loop; harder problems are harder in the way it says."""

import numpy as np
import pytest
import torch
from scipy.sparse.csgraph import shortest_path
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.matrices.computed import ComputedTask
from ravine.tasks.matrices.det import Determinant
from ravine.tasks.matrices.distances import Distances, two_edges
from ravine.tasks.matrices.eigen import SHARE, Eigen, eigenvectors
from ravine.tasks.matrices.equation import Equation
from ravine.tasks.matrices.lu import LU
from ravine.tasks.matrices.qr import QR
from ravine.tasks.matrices.square import Square
from ravine.tasks.matrices.value_sort import ValueSort

KINDS = (Square, Equation, LU, QR, Eigen, Determinant, Distances, ValueSort)


def problems(task: ComputedTask, split: str = "same", size: int = 40) -> Batch:
    return task.sample(size, torch.Generator().manual_seed(0), split, torch.float64)


def close(ours: Tensor, oracle: np.ndarray) -> None:
    np.testing.assert_allclose(ours.numpy(), oracle, atol=1e-8)


@pytest.mark.parametrize("split", ["same", "harder"])
def test_answers_are_numpys(split: str) -> None:
    square, det, qr = (problems(task, split) for task in (Square(5), Determinant(5), QR(5)))
    close(square.y, square.x[:, 0].numpy() @ square.x[:, 0].numpy() / 5)
    close(det.y[:, 0], 10 * np.linalg.det(det.x[:, 0].numpy()))
    close(qr.y, np.stack(np.linalg.qr(qr.x[:, 0].numpy()), 1))
    values = problems(ValueSort(30), split)
    close(values.y, np.sort(values.x.numpy(), 1))
    equation = problems(Equation(5), split)
    close(equation.y, np.linalg.solve(equation.x[:, :, :-1].numpy(), equation.x[:, :, -1:].numpy())[:, :, 0])


def test_factors_of_lu_give_the_rows_of_the_matrix_in_the_order_of_pivots() -> None:
    batch = problems(LU(6), "harder")
    lower, upper = batch.y[:, 0], batch.y[:, 1]
    assert not lower.triu(1).any()
    assert not upper.tril(-1).any()
    assert (lower.diagonal(dim1=1, dim2=2) == 1).all()
    assert (lower.abs() <= 1).all()
    ours, rows = (lower @ upper).sort(1).values, batch.x[:, 0].sort(1).values
    torch.testing.assert_close(ours, rows)
    moved = LU(6).answer(batch.x[:, :, torch.randperm(6, generator=torch.Generator().manual_seed(1))])
    torch.testing.assert_close(moved, batch.y)  # no order of rows matters


def test_threads_that_share_matrices_return_what_one_would(monkeypatch: pytest.MonkeyPatch) -> None:
    x = problems(Eigen(5), size=3 * SHARE + 1).x[:, 0]
    alone = torch.linalg.eigh(x).eigenvectors
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    assert torch.equal(eigenvectors(x), alone)


def test_the_top_eigenvector_is_the_one_of_the_greatest_eigenvalue() -> None:
    same, harder = (problems(Eigen(7), split) for split in ("same", "harder"))
    for batch in (same, harder):
        vectors = np.linalg.eigh(batch.x[:, 0].numpy()).eigenvectors
        along = np.abs((vectors[:, :, -1] * batch.y.numpy()).sum(1))
        np.testing.assert_allclose(along, 1, atol=1e-8)
        assert (batch.y[:, 0] > 0).all()
    torch.testing.assert_close(same.y, harder.y, atol=1e-6, rtol=0)
    torch.testing.assert_close(harder.x - same.x, 7 * torch.eye(7, dtype=torch.float64).expand_as(same.x))
    second = torch.from_numpy(vectors[:, :, -2] * np.sign(vectors[:, :1, -2]))
    assert not Eigen(7).solved(harder, second).any()
    assert not Eigen(7).solved(harder, -harder.y).any()


@pytest.mark.parametrize("split", ["same", "harder"])
def test_distances_are_scipys_and_the_only_fixed_point(split: str) -> None:
    task = Distances(9)
    batch = problems(task, split)
    close(batch.y, np.stack([shortest_path(edges, method="FW") for edges in batch.x[:, 0].numpy()]))
    assert task.residual(batch.x, batch.y).max() < 1e-12
    assert not batch.x.diagonal(dim1=2, dim2=3).any()
    loop = batch.x[:, 0, :, :, None] + batch.x[:, 0, None]
    torch.testing.assert_close(two_edges(batch.x), loop.amin(2))
    for wrong in (torch.zeros_like(batch.y), 0.9 * batch.y, batch.x[:, 0]):
        assert not task.solved(batch, wrong).any()


def test_paths_have_more_edges_on_harder() -> None:
    shares = []
    for split in ("same", "harder"):
        batch = problems(Distances(12), split, 200)
        shares.append(float((batch.x[:, 0] > batch.y + 1e-12).double().mean()))
    assert shares[1] > shares[0] + 0.1


def test_systems_are_worse_conditioned_on_harder() -> None:
    same, harder = (
        Equation(20).condition_number(problems(Equation(20), s, 400).x).median() for s in ("same", "harder")
    )
    assert 1200 < same < 2700  # facts: 1,800 in the median
    assert harder > 1.5 * same


def test_signs_of_qr_are_lapacks() -> None:
    task, batch = QR(5), problems(QR(5))
    a = batch.x[:, 0]
    torch.testing.assert_close(batch.y[:, 1, 0, 0].sign(), -a[:, 0, 0].sign())
    flipped = torch.stack([batch.y[:, 0] * -1, batch.y[:, 1] * -1], 1)
    assert task.residual(batch.x, flipped).max() < 1e-12
    assert not task.solved(batch, flipped).any()
    torch.testing.assert_close(
        task.residual(batch.x, torch.zeros_like(batch.y)).square(), torch.full((40,), 2.0).double()
    )


def test_the_residual_of_a_determinant_is_bounded_and_near_the_relative_error() -> None:
    task, batch = Determinant(6), problems(Determinant(6))
    for factor, expected in ((1.001, 0.001 / 1.0005), (-1.0, 2.0), (0.0, 2.0), (3.0, 1.0)):
        residual = task.residual(batch.x, factor * batch.y)
        torch.testing.assert_close(residual, torch.full_like(residual, expected), rtol=1e-5, atol=0)
    assert task.metric("sign").values(batch, 0.1 * batch.y).mean() == 1
    assert task.metric("sign").values(batch, -batch.y).mean() == 0
    assert Determinant(6).identity != Determinant(7).identity  # their answers have one shape


@pytest.mark.parametrize("kind", KINDS)
def test_answers_do_not_hang_on_the_size_a_task_was_made_for(kind: type[ComputedTask]) -> None:
    batch = problems(kind(6), size=3)
    torch.testing.assert_close(kind(4).answer(batch.x), kind(6).answer(batch.x))
    assert kind(4).solved(batch, batch.y).all()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in (LU, QR)])  # answers of two degrees
def test_answers_scale_with_their_problems_as_the_degree_says(kind: type[ComputedTask]) -> None:
    task = kind(4)
    assert task.degree is not None
    batch = problems(task, size=3)
    torch.testing.assert_close(task.answer(3 * batch.x), 3.0**task.degree * batch.y, rtol=1e-5, atol=1e-8)
