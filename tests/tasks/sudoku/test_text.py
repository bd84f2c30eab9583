import pytest
import torch

from ravine.errors import InputError
from ravine.tasks.sudoku.boards import make_boards
from ravine.tasks.sudoku.shape import Box
from ravine.tasks.sudoku.text import draw_board, read_boards, write_board

BOARD, SOLUTION = "1..43..22..34..1", "1234341221434321"
BOX = Box(2, 2)


def test_what_is_written_is_read_again() -> None:
    for box in (BOX, Box(2, 3), Box(3, 3)):
        boards = make_boards(box, "train", "same", 5, 0)
        pairs = zip(boards.puzzle, boards.solution, strict=True)
        text = "\n".join(f"{write_board(puzzle)},{write_board(solution)}" for puzzle, solution in pairs)
        read = read_boards(text, box, "text")
        assert read.puzzle.equal(boards.puzzle)
        assert read.solution.equal(boards.solution)


def test_dots_zeros_blank_lines_and_a_heading() -> None:
    boards = read_boards(f"puzzle,solution\n\n{BOARD}\n {BOARD.replace('.', '0')} , {SOLUTION}\r\n", BOX, "text")
    assert boards.puzzle.shape == (2, 4, 4)
    assert boards.puzzle[0].equal(boards.puzzle[1])
    assert write_board(boards.solution[0]) == SOLUTION


def test_digits_above_9_are_letters() -> None:
    box = Box(3, 4)
    solution = make_boards(box, "train", "same", 1, 0).solution
    word = write_board(solution[0])
    assert set(word) == set("123456789ABC")
    assert read_boards(word.lower(), box, "text").puzzle.equal(solution)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (BOARD[:-1], "15 characters"),
        ("x" + BOARD[1:], "'x' at row 1, column 1"),
        ("5" + BOARD[1:], "'5' at row 1, column 1"),
        ("11" + BOARD[2:], "clash"),
        ("123....4........", "no solution"),
        ("1" + "." * 15, "several solutions"),
        (f"{BOARD},{SOLUTION[:-1]}", "15 characters"),
        (f"{BOARD},2{SOLUTION[1:]}", "contradict"),
        (f"{BOARD},{SOLUTION.replace('3', '4', 1)}", "not the board's solution"),
        (f"{BOARD},{SOLUTION},{SOLUTION}", "3 columns"),
    ],
)
def test_every_fault_has_one_error_that_names_its_line(line: str, fault: str) -> None:
    with pytest.raises(InputError, match=fault) as error:
        read_boards(f"{BOARD}\n{line}\n", BOX, "boards.csv")
    assert "boards.csv, line 2" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_text_without_boards_is_an_error() -> None:
    with pytest.raises(InputError, match="no board"):
        read_boards("puzzle,solution\n", BOX, "empty.csv")


def test_a_drawing_rules_off_the_boxes() -> None:
    board = torch.tensor([[1, 0, 3, 4, 5, 6], *[[0] * 6] * 5])
    lines = draw_board(board, Box(2, 3)).splitlines()
    assert lines[0] == " 1 . 3 | 4 5 6"
    assert lines[2] == "-------+-------"
    assert len(lines) == 8
