"""Boards as text: read with one clear error a fault, written as a line or drawn as a grid."""

from collections.abc import Sequence

import torch
from jaxtyping import Int
from torch import Tensor

from ravine.errors import InputError
from ravine.tasks.sudoku.boards import Boards
from ravine.tasks.sudoku.exact import solutions
from ravine.tasks.sudoku.rules import clashing
from ravine.tasks.sudoku.shape import Box

SYMBOLS = ".123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
EMPTY = ".0"
HEADERS = ("puzzle", "puzzle,solution")


def read_boards(text: str, box: Box, source: str, most: int | None = None) -> Boards:
    """Return the boards of a text, one a line, and their solutions; the first `most` of them.

    A line holds the n n digits row by row, `0` or `.` for an empty cell and letters from A for digits above 9, and
    optionally a comma and the solution; it stays text, so that leading zeros count. Empty lines and the heading
    `puzzle,solution` are skipped. An `InputError` names `source`, the line and its fault: a wrong length or character,
    clues that clash, no solution, several solutions, a solution that is not the board's.
    """
    rows = [read_line(line, box, place) for place, line in lines_of(text, source)[:most]]
    if not rows:
        raise InputError(f"{source}: no board; write one a line, {box.cells} characters each")
    puzzle, solution = (torch.tensor(boards).reshape(-1, box.n, box.n) for boards in zip(*rows, strict=True))
    return Boards(puzzle, solution)


def lines_of(text: str, source: str) -> list[tuple[str, str]]:
    """Return the lines that hold boards, and before each where it stands."""
    lines = [(f"{source}, line {i}", line.strip()) for i, line in enumerate(text.splitlines(), 1) if line.strip()]
    return lines[1:] if lines and lines[0][1].lower() in HEADERS else lines


def read_line(line: str, box: Box, place: str) -> tuple[list[int], tuple[int, ...]]:
    """Return the digits of a line's board and of its only solution."""
    first, *rest = (part.strip() for part in line.split(","))
    if len(rest) > 1:
        raise InputError(f"{place}: {len(rest) + 1} columns; write a board, or a board, a comma and its solution")
    puzzle = read_digits(first, box, place)
    solution = only_solution(puzzle, box, place)
    if rest:
        check_solution(puzzle, read_digits(rest[0], box, f"{place}, solution"), solution, box, place)
    return puzzle, solution


def read_digits(word: str, box: Box, place: str) -> list[int]:
    """Return the digits of a word of n n characters, 0 where empty."""
    if len(word) != box.cells:
        lost = "; a board read as a number loses its leading zeros, read it as text" * short_number(word, box)
        raise InputError(f"{place}: {len(word)} characters; a {box.name} board has {box.cells}{lost}")
    symbols = SYMBOLS[: box.n + 1]
    for cell, character in enumerate(word.upper()):
        if character not in symbols and character not in EMPTY:
            raise InputError(
                f"{place}: {word[cell]!r} at {where(cell, box)}; use {symbols[1]} to {symbols[-1]}, 0 or ."
            )
    return [0 if character in EMPTY else symbols.index(character) for character in word.upper()]


def short_number(word: str, box: Box) -> bool:
    """Return whether a word is the number that a board's digits are without some leading zeros."""
    return 0 < len(word) < box.cells and word.isdigit() and word[0] != "0"


def only_solution(puzzle: list[int], box: Box, place: str) -> tuple[int, ...]:
    """Return the only solution of a board."""
    clashes = clashing(torch.tensor(puzzle).reshape(1, box.n, box.n), box).flatten().nonzero().flatten().tolist()
    if clashes:
        clue = f"the {SYMBOLS[puzzle[clashes[0]]]} at {where(clashes[0], box)}"
        raise InputError(f"{place}: clues clash; {clue} stands in its row, column or box again")
    every = solutions(puzzle, box)
    first, second = next(every, None), next(every, None)
    if first is None:
        raise InputError(f"{place}: no solution; no clues clash, but no filling keeps the rules")
    if second is not None:
        cell = next(i for i, (one, other) in enumerate(zip(first, second, strict=True)) if one != other)
        raise InputError(f"{place}: several solutions, which differ at {where(cell, box)}; add a clue there")
    return first


def check_solution(puzzle: list[int], claimed: list[int], solution: tuple[int, ...], box: Box, place: str) -> None:
    """Raise an `InputError` if the solution that a line claims is not the board's."""
    for cell, (clue, digit, right) in enumerate(zip(puzzle, claimed, solution, strict=True)):
        if clue and clue != digit:
            raise InputError(f"{place}: board and solution contradict each other at {where(cell, box)}")
        if digit != right:
            raise InputError(f"{place}: not the board's solution, which has {SYMBOLS[right]} at {where(cell, box)}")


def where(cell: int, box: Box) -> str:
    """Return a cell's row and column, counted from 1."""
    return f"row {cell // box.n + 1}, column {cell % box.n + 1}"


def write_board(board: Int[Tensor, "n n"]) -> str:
    """Return a board as one line of text, `.` for an empty cell."""
    return "".join(SYMBOLS[digit] for digit in board.flatten().tolist())


def draw_board(board: Int[Tensor, "n n"], box: Box) -> str:
    """Return a board as lines for a terminal, its boxes ruled off."""
    ruler = "+".join(["-" * (2 * box.columns + 1)] * box.rows)
    bands = [
        "\n".join(draw_row(row, box.columns) for row in board[start : start + box.rows].tolist())
        for start in range(0, box.n, box.rows)
    ]
    return f"\n{ruler}\n".join(bands)


def draw_row(row: Sequence[int], width: int) -> str:
    """Return one row of a drawing, a bar between boxes of `width` columns."""
    parts = [row[start : start + width] for start in range(0, len(row), width)]
    return "|".join(" " + " ".join(SYMBOLS[digit] for digit in part) + " " for part in parts).rstrip()
