"""Sudoku as a task: boards at hand, splits, verification, rules beside it, symmetries in training."""

from pathlib import Path

import pytest
import torch

from ravine.config import read_run
from ravine.errors import ConfigurationError, InputError
from ravine.tasks.answers import one_hot
from ravine.tasks.fixed import fixed_split
from ravine.tasks.sudoku.boards import make_boards
from ravine.tasks.sudoku.encoding import clues_of, digits_of
from ravine.tasks.sudoku.families import part_of
from ravine.tasks.sudoku.pools import SHIPPED, SIZES, pool
from ravine.tasks.sudoku.rules import valid
from ravine.tasks.sudoku.shape import Box, square
from ravine.tasks.sudoku.task import Sudoku, SudokuConfig
from ravine.tasks.sudoku.text import write_board

FOUR = Sudoku(Box(2, 2), boards=60)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("box", SHIPPED, ids=lambda box: box.name)
@pytest.mark.parametrize(("part", "givens"), SIZES)
def test_boards_that_ship_are_those_that_are_made(box: Box, part: str, givens: str) -> None:
    shipped, made = pool(box, part, givens, 4), make_boards(box, part, givens, 4, 0)
    assert torch.equal(shipped.puzzle, made.puzzle)
    assert torch.equal(shipped.solution, made.solution)


@pytest.mark.parametrize("task", [FOUR, Sudoku(Box(2, 3)), Sudoku(Box(3, 3))], ids=lambda task: task.box.name)
def test_training_boards_have_their_clues_given_and_one_right_answer(task: Sudoku) -> None:
    batch = task.sample(40, generator())
    n = task.box.n
    assert batch.x.shape == batch.y.shape == (40, n, n, n)
    assert set(batch.y.flatten().tolist()) == {-1.0, 1.0}
    assert batch.given is not None
    assert torch.equal(batch.given.any(-1), batch.given.all(-1))
    assert torch.equal(batch.given[..., 0], clues_of(batch.x) > 0)
    assert torch.equal(batch.x[batch.given], batch.y[batch.given])
    assert valid(digits_of(batch.y), task.box).all()
    assert task.solved(batch.problems(), batch.y).all()


def test_a_batch_shows_a_board_under_many_symmetries() -> None:
    small = Sudoku(Box(3, 3), boards=1)
    boards = {write_board(board) for board in digits_of(small.sample(50, generator()).y)}
    assert len(boards) == 50


def test_no_training_grid_on_4_x_4_is_a_test_grid_even_under_its_symmetries() -> None:
    for grid in digits_of(FOUR.sample(200, generator()).y).flatten(1).tolist():
        assert part_of(grid, FOUR.box) == "train"
    for grid in digits_of(fixed_split(FOUR, "same", 100).batch.y).flatten(1).tolist():
        assert part_of(grid, FOUR.box) == "test"


@pytest.mark.parametrize("box", [Box(2, 2), Box(2, 3), Box(3, 3)], ids=lambda box: box.name)
def test_givens_are_those_of_the_split(box: Box) -> None:
    ranges = {4: ((6, 8), (4, 5)), 6: ((14, 18), (8, 10)), 9: ((31, 42), (22, 34))}[box.n]
    task = Sudoku(box, boards=20)
    for split, (least, most) in zip(("same", "harder"), ranges, strict=True):
        counts = (clues_of(fixed_split(task, split, 20).batch.x) > 0).flatten(1).sum(1)
        assert counts.min() >= least
        assert counts.max() <= most


def test_answers_are_verified_by_rules_and_clues_after_decoding() -> None:
    batch = fixed_split(FOUR, "same", 20).batch
    assert FOUR.solved(batch.problems(), 0.1 * batch.y + 0.05).all()
    free = batch.y.clone()
    free[:, [0, 1]] = batch.y[:, [1, 0]]  # two rows of a band change places: valid, but not these clues
    assert valid(digits_of(free), FOUR.box).all()
    kept = (digits_of(free) == clues_of(batch.x)) | (clues_of(batch.x) == 0)
    assert torch.equal(FOUR.solved(batch.problems(), free), kept.flatten(1).all(1))
    assert not FOUR.solved(batch.problems(), FOUR.corrupt(batch, 0.01, generator())).any()


def test_corruption_changes_free_cells_alone_and_always_one() -> None:
    batch = fixed_split(FOUR, "harder", 50).batch
    assert batch.given is not None
    wrong = FOUR.corrupt(batch, 0.05, generator())
    changed = digits_of(wrong) != digits_of(batch.y)
    assert changed.flatten(1).any(1).all()
    assert not (changed & batch.given[..., 0]).any()
    assert set(wrong.flatten().tolist()) == {-1.0, 1.0}


def test_rules_are_worth_what_they_are_known_to_be() -> None:
    """Two pencil rules solve about two thirds of 9 x 9 boards of 22 to 34 clues, naked singles alone a sixth."""
    task = Sudoku(Box(3, 3))
    batch = fixed_split(task, "harder", 500).batch
    solved, cells = task.metric("solved"), task.metric("cells")
    values = {
        name: float(solved.values(batch, rule.fit(iter(()))(batch.problems())).mean())
        for name, rule in task.baselines().items()
        if name != "exact search"
    }
    assert values["copy clues"] == values["random candidate"] == 0
    assert values["naked singles"] == pytest.approx(0.17, abs=0.06)
    assert values["naked + hidden singles"] == pytest.approx(0.68, abs=0.08)
    copied = cells.values(batch, task.baselines()["copy clues"].fit(iter(()))(batch.problems()))
    weights = cells.weights(batch)
    assert weights is not None
    assert float((copied * weights).sum() / weights.sum()) == pytest.approx(1 / 9, abs=0.02)


def test_exact_search_solves_everything() -> None:
    batch = fixed_split(FOUR, "harder", 30).batch
    assert FOUR.solved(batch, FOUR.baselines()["exact search"].fit(iter(()))(batch.problems())).all()


def test_a_board_of_fives_is_worth_nothing_though_its_sums_are_right() -> None:
    """The released board accuracy, by sums of rows, columns and boxes, gives it 1.0."""
    task = Sudoku(Box(3, 3))
    batch = fixed_split(task, "same", 20).batch
    fives = one_hot(torch.full((20, 9, 9), 4), 9)
    assert not task.solved(batch, fives).any()
    assert not task.metric("consistency").values(batch, fives).any()
    cells, weights = task.metric("cells").values(batch, fives), task.metric("cells").weights(batch)
    assert weights is not None
    assert float((cells * weights).sum() / weights.sum()) == pytest.approx(1 / 9, abs=0.03)


def test_a_file_is_a_split(tmp_path: Path) -> None:
    boards = make_boards(Box(2, 2), "test", "harder", 6, 7)
    lines = [f"{write_board(p)},{write_board(s)}" for p, s in zip(boards.puzzle, boards.solution, strict=True)]
    file = tmp_path / "few.csv"
    file.write_text("puzzle,solution\n" + "\n".join(lines))
    task = Sudoku(Box(2, 2), files={"few": str(file)})
    assert task.further_splits == ("few",)
    split = fixed_split(task, "few", 6)
    assert torch.equal(clues_of(split.batch.x), boards.puzzle)
    with pytest.raises(InputError, match="6 boards, not 7"):
        fixed_split(task, "few", 7)
    with pytest.raises(InputError, match=r"task\.files\.gone: .*cannot be read"):
        fixed_split(Sudoku(Box(2, 2), files={"gone": str(tmp_path / "gone.csv")}), "gone", 1)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["task.n=7"], "no box"),
        (["task.box=[2, 2]"], "makes boards of 4, not n = 9"),
        (["task.files={same='x.csv'}"], "files.same"),
        (["task.n=3"], "task.n"),
        (["energy.least_rounds=13"], "least_rounds"),
    ],
)
def test_configurations_that_make_no_board(words: list[str], expected: str) -> None:
    with pytest.raises(ConfigurationError, match=expected):
        read_run("sudoku-9", words)


def test_boxes_are_as_square_as_may_be() -> None:
    assert [square(n) for n in (4, 6, 8, 9, 12)] == [Box(2, 2), Box(2, 3), Box(2, 4), Box(3, 3), Box(3, 4)]
    assert SudokuConfig(n=12, box=(2, 6)).build().identity == "sudoku/2x6"
    assert square(7) is None
