"""A user's own problems of every matrix task: read, judged and drawn; one line for what is none."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ravine.config.schema import TASKS
from ravine.errors import InputError
from ravine.tasks.base import Task
from ravine.tasks.matrices.files import MatrixFiles

NAMES = [
    name for name in TASKS.shipped if isinstance(TASKS.shipped[name].model_validate({}).build().files(), MatrixFiles)
]


def made(name: str, n: int) -> tuple[Task, MatrixFiles]:
    task = TASKS.shipped[name].model_validate({"n": n}).build()
    files = task.files()
    assert isinstance(files, MatrixFiles)
    return task, files


def test_every_task_with_an_exact_method_reads_files() -> None:
    factors = {"lu", "qr", "eigen", "det"}
    assert set(NAMES) >= {*factors, "square", "equation", "distances", "value-sort", "inverse", "addition"}


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("name", NAMES)
def test_stacks_in_either_format_are_the_problems(name: str, count: int, tmp_path: Path) -> None:
    """The run was made for size 4; the file's problems have size 5."""
    batch = made(name, 5)[0].sample(count, torch.Generator().manual_seed(0), dtype=torch.float64)
    task, files = made(name, 4)
    x = batch.x.squeeze(1).numpy()
    np.save(tmp_path / "x.npy", x)
    np.savetxt(tmp_path / "x.csv", x.reshape(-1, x.shape[-1]), delimiter=",", fmt="%.17g")
    for file in ("x.npy", "x.csv"):
        own = files.read(tmp_path / file)
        assert own.fields == {"n": 5}
        assert torch.equal(own.batch.x, batch.x)
        assert own.batch.y.shape == batch.y.shape
        assert not own.batch.y.any()
        judged = files.judged(own.batch, batch.y)
        assert len(judged["distance"]) == count
        assert max(judged["distance"]) < 1e-9
        assert max(files.judged(own.batch, 2 * batch.y)["distance"]) == pytest.approx(1)
    (picture,) = files.pictures(own.batch.rows(slice(1)), batch.y[:1])
    assert picture.values.ndim == 2
    assert picture.values.max() < 1e-9
    assert files.content(".csv", own.batch, batch.y).count(b"\n") == batch.y.numel() // batch.y.shape[-1]
    assert task.solved(own.batch, batch.y).all()


BAD = {
    "singular": ("equation", np.ones((2, 3)), "matrix 0 is singular"),
    "square": ("equation", np.ones((3, 3)), "matrices of 3 x 3, not 2 x 3"),
    "negative": ("distances", np.array([[[0.0, -1], [1, 0]]]), "matrix 0 has a negative length"),
    "loop": ("distances", np.stack([np.zeros((2, 2)), np.eye(2)]), "matrix 1 has a length on its diagonal"),
    "not symmetric": ("eigen", np.array([[1.0, 2], [0, 1]]), "matrix 0 is not symmetric"),
    "axes": ("value-sort", np.ones((2, 2, 2)), "an array of shape"),
    "not finite": ("det", np.array([[1.0, np.nan], [0, 1]]), "problem 0 has entries that are not finite"),
    "one of a pair": ("addition", np.ones((2, 2)), "an array of shape"),
    "rectangle": ("lu", np.ones((2, 3)), "matrices of 2 x 3, not square"),
}


@pytest.mark.parametrize("kind", BAD)
def test_arrays_that_are_no_problems(kind: str, tmp_path: Path) -> None:
    name, array, message = BAD[kind]
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(InputError, match=rf"x\.npy: {message}"):
        made(name, 2)[1].read(tmp_path / "x.npy")


def test_half_observed_matrices_are_read_and_the_whole_ones_written(tmp_path: Path) -> None:
    task = TASKS.shipped["completion"].model_validate({"n": 4}).build()
    files, batch = task.files(), task.sample(2, torch.Generator().manual_seed(0), dtype=torch.float64)
    assert files is not None
    np.save(tmp_path / "x.npy", batch.x[:, 0].numpy())
    own = files.read(tmp_path / "x.npy")
    assert torch.equal(own.batch.x, batch.x)
    assert not own.batch.y.any()
    assert files.content(".csv", own.batch, batch.y).count(b"\n") == 8
    np.save(tmp_path / "x.npy", np.ones((2, 3)))
    with pytest.raises(InputError, match=r"x\.npy: matrices of 2 x 3, not square"):
        files.read(tmp_path / "x.npy")
