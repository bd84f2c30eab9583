"""Published sets of boards: SATNet's tensors and the RRN's text, as training data and as splits."""

import pickle
from pathlib import Path

import pytest
import torch
from torch import Tensor

from ravine.config import read_run
from ravine.errors import ConfigurationError, InputError
from ravine.tasks.fixed import fixed_split
from ravine.tasks.sudoku.boards import Boards, make_boards
from ravine.tasks.sudoku.encoding import clues_of, digits_of
from ravine.tasks.sudoku.published import published
from ravine.tasks.sudoku.shape import Box
from ravine.tasks.sudoku.task import Sudoku, SudokuConfig
from ravine.tasks.sudoku.text import write_board

BOX = Box(2, 2)
MADE = make_boards(BOX, "train", "same", 60, 3)


def one_hot(boards: Tensor) -> Tensor:
    """Return boards as SATNet has them: an empty cell is all zeros."""
    return (boards[..., None] == torch.arange(1, boards.shape[-1] + 1)).float()


def satnet(folder: Path, features: object, labels: object) -> str:
    torch.save(features, folder / "features.pt")
    torch.save(labels, folder / "labels.pt")
    return f"satnet:{folder}"


def lines(boards: Boards) -> str:
    pairs = zip(boards.puzzle, boards.solution, strict=True)
    return "\n".join(f"{write_board(one).replace('.', '0')},{write_board(other)}" for one, other in pairs)


def rrn(folder: Path, **files: str) -> str:
    parts = {"train": slice(40), "valid": slice(40, 50), "test": slice(50, 60)}
    for name, rows in parts.items():
        some = Boards(MADE.puzzle[rows], MADE.solution[rows])
        (folder / f"{name}.csv").write_text(files.get(name, lines(some)))
    return f"rrn:{folder}"


def shown(boards: Tensor) -> set[str]:
    return {write_board(board) for board in boards}


def test_satnets_last_tenth_tests_and_the_twentieth_before_it_validates(tmp_path: Path) -> None:
    source = satnet(tmp_path, one_hot(MADE.puzzle), one_hot(MADE.solution))
    task = Sudoku(BOX, source=source)
    test, validation = fixed_split(task, "same", 6).batch, fixed_split(task, "same", 3, "validation").batch
    assert torch.equal(clues_of(test.x), MADE.puzzle[54:])
    assert torch.equal(digits_of(validation.y), MADE.solution[51:54])
    with pytest.raises(InputError, match="6 boards, not 7"):
        fixed_split(task, "same", 7)
    assert fixed_split(task, "harder", 20).hash == fixed_split(Sudoku(BOX), "harder", 20).hash  # boards that are made


@pytest.mark.parametrize("form", ["satnet", "rrn"])
def test_training_shows_the_files_boards_and_none_that_is_scored(form: str, tmp_path: Path) -> None:
    source = rrn(tmp_path) if form == "rrn" else satnet(tmp_path, one_hot(MADE.puzzle), one_hot(MADE.solution))
    plain = Sudoku(BOX, source=source, symmetries=False)
    batch = plain.sample(300, torch.Generator().manual_seed(0))
    seen, train = shown(digits_of(batch.y)), published(source, "train", BOX)
    assert seen == shown(train.solution) <= shown(MADE.solution)
    assert batch.origin is not None
    assert torch.equal(batch.origin.shown(batch.y), batch.y)
    assert plain.items == len(train)
    assert shown(clues_of(batch.x)) <= shown(MADE.puzzle)
    for held in (fixed_split(plain, "same", 6), fixed_split(plain, "same", 3, "validation")):
        assert not seen & shown(digits_of(held.batch.y))
    under_symmetries = Sudoku(BOX, source=source).sample(300, torch.Generator().manual_seed(0))
    assert shown(digits_of(under_symmetries.y)) - shown(MADE.solution)


def test_a_board_that_is_scored_is_not_trained_on_though_the_file_repeats_it(tmp_path: Path) -> None:
    twice = Boards(MADE.puzzle.roll(6, 0), MADE.solution.roll(6, 0))
    whole = [torch.cat([one, one[-6:]]) for one in (twice.puzzle, twice.solution)]
    source = satnet(tmp_path, *map(one_hot, whole))
    assert not shown(published(source, "train", BOX).solution) & shown(published(source, "test", BOX).solution)


def test_9_x_9_tensors_of_the_released_shape(tmp_path: Path) -> None:
    boards = make_boards(Box(3, 3), "train", "same", 20, 0)
    source = satnet(tmp_path, one_hot(boards.puzzle), one_hot(boards.solution))
    task = SudokuConfig(source=source, boards=4).build()
    assert torch.equal(digits_of(fixed_split(task, "same", 2).batch.y), boards.solution[18:])
    assert task.items == 4


def test_boards_too_few_to_be_parted(tmp_path: Path) -> None:
    four = (one_hot(boards[:4]) for boards in (MADE.puzzle, MADE.solution))
    with pytest.raises(InputError, match="4 boards are too few"):
        Sudoku(BOX, source=satnet(tmp_path, *four))


def clashing() -> Tensor:
    other = MADE.puzzle.clone()
    other[7] = 0
    other[7, 0, :2] = 1
    return one_hot(other)


def contradicting() -> Tensor:
    other = MADE.puzzle.clone()
    row, column = (MADE.puzzle[9] == 0).nonzero()[0].tolist()
    other[9, row, column] = MADE.solution[9, row, column] % 4 + 1
    return one_hot(other)


def open_board() -> Tensor:
    other = MADE.puzzle.clone()
    other[0] = 0
    return one_hot(other)


class Object:
    """What only a file that is executed could bring back."""


@pytest.mark.parametrize(
    ("features", "labels", "fault"),
    [
        (one_hot(MADE.puzzle)[:, :3], one_hot(MADE.solution), r"features.pt: a tensor of shape \(60, 3, 4, 4\)"),
        (one_hot(MADE.puzzle).flatten(1), one_hot(MADE.solution), r"not \(boards, 4, 4, 4\)"),
        (one_hot(MADE.puzzle), one_hot(MADE.solution)[:50], "50 solutions of 60 boards"),
        (one_hot(MADE.puzzle) * 0.5, one_hot(MADE.solution), "features.pt, board 0: a cell that is not one-hot"),
        (one_hot(MADE.puzzle), one_hot(MADE.puzzle), "labels.pt, board 0: a cell that is not one-hot"),
        (clashing(), one_hot(MADE.solution), "features.pt, board 7: clues clash"),
        (contradicting(), one_hot(MADE.solution), "features.pt, board 9"),
        (open_board(), one_hot(MADE.solution), "features.pt, board 0: several solutions"),
        (one_hot(MADE.puzzle), one_hot(MADE.solution.roll(1, 0)), "features.pt, board .*solution"),
        ([one_hot(MADE.puzzle)], one_hot(MADE.solution), "holds a list"),
        (Object(), one_hot(MADE.solution), "no plain tensors.*could execute"),
    ],
)
def test_every_fault_of_tensors_has_one_line(features: object, labels: object, fault: str, tmp_path: Path) -> None:
    source = satnet(tmp_path, features, labels)
    with pytest.raises(InputError, match=fault) as error:
        Sudoku(BOX, source=source)
    assert "\n" not in str(error.value)


class Touching:
    """A pickle that writes a file when it is executed."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.file,)


def test_a_pickle_is_not_executed(tmp_path: Path) -> None:
    for file in ("features.pt", "labels.pt"):
        (tmp_path / file).write_bytes(pickle.dumps(Touching(tmp_path / "executed"), 2))
    with pytest.raises(InputError, match="could execute code"):
        Sudoku(BOX, source=f"satnet:{tmp_path}")
    assert not (tmp_path / "executed").exists()


GOOD = lines(Boards(MADE.puzzle[:2], MADE.solution[:2]))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (GOOD + "\n" + lines(Boards(MADE.puzzle[3:4], MADE.solution[3:4]))[1:], "train.csv, line 3: 15 characters"),
        (GOOD + "\n" + write_board(MADE.puzzle[3]), "train.csv, line 3: no solution beside the board"),
        (GOOD + "\n" + "9" + lines(MADE)[1:33], "train.csv, line 3: '9'"),
        (GOOD + "\n" + "0" * 16 + lines(MADE)[16:33], "train.csv, line 3: several solutions"),
        ("", "train.csv: no board"),
    ],
)
def test_every_fault_of_text_has_one_line(text: str, fault: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=fault):
        Sudoku(BOX, source=rrn(tmp_path, train=text))


def test_lost_leading_zeros_are_told(tmp_path: Path) -> None:
    board = write_board(MADE.puzzle[0]).replace(".", "0").lstrip("0")
    text = f"{board if len(board) < 16 else board[1:]},{write_board(MADE.solution[0])}"
    with pytest.raises(InputError, match="loses its leading zeros, read it as text"):
        Sudoku(BOX, source=rrn(tmp_path, train=text))


def test_the_files_that_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"features\.pt: No such file"):
        Sudoku(BOX, source=f"satnet:{tmp_path}")
    with pytest.raises(InputError, match=r"train\.csv: cannot be read"):
        Sudoku(BOX, source=f"rrn:{tmp_path}")
    with pytest.raises(ConfigurationError, match=r"task\.source: write satnet:FOLDER or rrn:FOLDER"):
        read_run("sudoku-9", ["task.source=elsewhere"])
