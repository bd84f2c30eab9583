"""Boards whose clues are images: which images are shown where, what is given away, rules after reading, own files."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from ravine.errors import InputError
from ravine.tasks.fixed import fixed_split
from ravine.tasks.sudoku.encoding import clues_of, digits_of
from ravine.tasks.sudoku.images import images
from ravine.tasks.sudoku.reading import seen
from ravine.tasks.sudoku.shape import Box
from ravine.tasks.sudoku.task import Sudoku
from ravine.tasks.sudoku.visual import VisualSudoku
from ravine.tasks.sudoku.visual_files import VisualFiles

datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is not installed")
PLAIN = Sudoku(Box(2, 3))
TASK = VisualSudoku(PLAIN)


def shown(x: Tensor) -> set[bytes]:
    """Return the different images on boards."""
    return {image.numpy().tobytes() for image in x[seen(x)].float()}


def test_images_are_parted_by_digit_and_none_is_lost() -> None:
    parts = [images(part) for part in ("train", "validation", "test")]
    rows = [image.numpy().tobytes() for part in parts for image in part.pixels]
    data = datasets.load_digits()
    assert len(rows) == int((data.target > 0).sum())
    assert len(set(rows)) == len(rows)
    shares = torch.stack([part.count[1:] for part in parts]) / sum(part.count[1:] for part in parts)
    assert (shares - torch.tensor([0.6, 0.2, 0.2])[:, None]).abs().max() < 0.02
    test = parts[2]
    for digit in range(1, 10):
        own = test.pixels[test.first[digit] : test.first[digit] + test.count[digit]]
        known = torch.from_numpy(data.data[data.target == digit] / 16).float()
        assert (torch.cdist(own, known) < 1e-3).any(1).all()


def test_the_boards_are_those_of_sudoku_and_nothing_is_given() -> None:
    batch, plain = fixed_split(TASK, "harder", 60).batch, fixed_split(PLAIN, "harder", 60).batch
    assert batch.given is None
    assert torch.equal(batch.y, plain.y)
    assert torch.equal(seen(batch.x), clues_of(plain.x) > 0)
    assert (batch.x[~seen(batch.x)] == 0).all()


def test_images_that_are_scored_are_never_trained_on() -> None:
    trained = shown(TASK.sample(400, torch.Generator().manual_seed(0)).x)
    test, validation = (shown(fixed_split(TASK, "same", 200, to).batch.x) for to in ("test", "validation"))
    assert not trained & (test | validation)
    assert not test & validation
    assert shown(TASK.sample(50, torch.Generator().manual_seed(1), "harder").x) <= {
        image.numpy().tobytes() for image in images("train").pixels
    }


def test_every_image_shows_the_digit_of_its_cell() -> None:
    batch = TASK.sample(100, torch.Generator().manual_seed(2))
    data = datasets.load_digits()
    known = {
        (image / 16).astype(np.float32).tobytes(): digit for image, digit in zip(data.data, data.target, strict=True)
    }
    where = seen(batch.x)
    read = [known[image.numpy().tobytes()] for image in batch.x[where]]
    assert read == digits_of(batch.y)[where].tolist()


def test_a_right_answer_is_the_solution_and_not_any_board_that_keeps_the_rules() -> None:
    batch = fixed_split(TASK, "same", 10).batch
    other = batch.y.roll(1, 0)
    assert TASK.solved(batch, batch.y).all()
    assert not TASK.solved(batch, other).any()
    assert TASK.checks(batch.problems(), other)["consistent"].all()
    assert not TASK.verifiable


def test_rules_after_reading_are_no_better_than_rules_on_true_digits() -> None:
    batch, plain = fixed_split(TASK, "same", 150).batch, fixed_split(PLAIN, "same", 150).batch
    rules = TASK.baselines()
    assert [rule.trivial for rule in rules.values()] == [True, True, True, False]
    answers = {name: rule.fit(TASK.fixed("same", "fit", 500))(batch.problems()) for name, rule in rules.items()}
    shares = {name: float(TASK.solved(batch, answer).double().mean()) for name, answer in answers.items()}
    true = PLAIN.baselines()["naked + hidden singles"].fit(iter(()))(plain.problems())
    assert shares["read, then naked singles"] <= shares["read, then both singles"] <= shares["read, then exact search"]
    assert 0.5 < shares["read, then exact search"] < float(PLAIN.solved(plain, true).double().mean())
    cells = TASK.metric("cells")
    weights = cells.weights(batch)
    assert weights is not None
    assert torch.equal(weights.long(), (clues_of(plain.x) == 0).flatten(1).sum(1))


def test_own_images_are_read_and_answers_written(tmp_path: Path) -> None:
    batch, files = fixed_split(TASK, "same", 3).batch, TASK.files()
    np.save(tmp_path / "boards.npy", batch.x.reshape(3, 6, 6, 8, 8).numpy())
    own = files.read(tmp_path / "boards.npy")
    assert torch.equal(own.batch.x, batch.x.double())
    assert not own.batch.y.any()
    assert own.batch.given is None
    text = files.content(".txt", own.batch, batch.y).decode().split()
    assert text[0] == "".join(map(str, digits_of(batch.y)[0].flatten().tolist()))
    assert files.judged(own.batch, batch.y)["images"][0] == int(seen(batch.x)[0].sum())
    assert len(files.pictures(own.batch.rows(slice(1)), batch.y)) == 3


@pytest.mark.parametrize(
    ("array", "fault"),
    [
        (np.zeros((2, 6, 6, 7)), "shape"),
        (np.zeros((2, 9, 9, 8, 8)), "shape"),
        (np.zeros((0, 6, 6, 64)), "shape"),
        (np.full((2, 6, 6, 64), 16.0), "board 0 has pixels that are not between 0 and 1"),
        (np.full((6, 6, 64), np.nan), "board 0 has pixels"),
    ],
)
def test_arrays_that_are_no_boards_of_images(array: np.ndarray, fault: str, tmp_path: Path) -> None:
    np.save(tmp_path / "boards.npy", array)
    with pytest.raises(InputError, match=fault) as error:
        VisualFiles(Box(2, 3)).read(tmp_path / "boards.npy")
    assert "\n" not in str(error.value)


def test_without_scikit_learn_the_task_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    images.cache_clear()
    with pytest.raises(InputError, match=r"pip install 'ravine\[real\]'"):
        TASK.sample(1, torch.Generator().manual_seed(0))
