import itertools
import random

import pytest

from ravine.tasks.sudoku.exact import another, count, solutions
from ravine.tasks.sudoku.shape import Box

HARD = "800000000003600000070090200050007000000045700000100030001000068008500010090000400"


def brute_force(board: list[int], box: Box) -> list[tuple[int, ...]]:
    """Every filling in which no two peers agree, tried cell by cell."""
    if 0 not in board:
        clean = all(board[i] != board[peer] for i in range(box.cells) for peer in box.peers[i])
        return [tuple(board)] if clean else []
    cell = board.index(0)
    free = set(range(1, box.n + 1)) - {board[peer] for peer in box.peers[cell]}
    return [s for digit in free for s in brute_force([*board[:cell], digit, *board[cell + 1 :]], box)]


def test_all_288_grids_of_4x4() -> None:
    found = set(solutions([0] * 16, Box(2, 2)))
    assert len(found) == 288
    assert found == set(brute_force([0] * 16, Box(2, 2)))


@pytest.mark.parametrize("box", [Box(2, 2), Box(2, 3), Box(3, 2)], ids=str)
def test_solutions_of_random_boards_are_those_of_brute_force(box: Box) -> None:
    order = random.Random(1)
    counts = set()
    for _ in range(40):
        grid = next(solutions([0] * box.cells, box, order))
        board = [digit if order.random() < 0.45 else 0 for digit in grid]
        if order.random() < 0.5:
            board[order.randrange(box.cells)] = order.randint(1, box.n)
        expected = brute_force(board, box)
        assert sorted(solutions(board, box)) == sorted(expected)
        assert count(board, box) == min(2, len(expected))
        counts.add(count(board, box))
    assert counts == {0, 1, 2}


def test_a_board_that_needs_search_has_one_solution() -> None:
    board = [int(digit) for digit in HARD]
    (solution,) = solutions(board, Box(3, 3))
    assert all(clue in (0, digit) for clue, digit in zip(board, solution, strict=True))
    assert all(sorted(solution[cell] for cell in group) == list(range(1, 10)) for group in Box(3, 3).groups)


def test_clues_that_clash_have_no_solution() -> None:
    assert count([1, 1, *[0] * 14], Box(2, 2)) == 0


def test_another_solution_is_one_that_differs_in_the_cell() -> None:
    box, order = Box(2, 3), random.Random(2)
    answers = set()
    for _ in range(40):
        grid = next(solutions([0] * box.cells, box, order))
        board = [digit if order.random() < 0.4 else 0 for digit in grid]
        cell = order.randrange(box.cells)
        board[cell] = 0
        differs = any(s[cell] != grid[cell] for s in itertools.islice(solutions(board, box), 2000))
        assert another(board, cell, grid[cell], box) == differs
        answers.add(differs)
    assert answers == {True, False}


def test_the_order_decides_which_solution_comes_first() -> None:
    firsts = {next(solutions([0] * 81, Box(3, 3), random.Random(seed))) for seed in range(5)}
    assert len(firsts) == 5
    assert next(solutions([0] * 81, Box(3, 3), random.Random(0))) in firsts
