"""Which full grids belong together, so that no test grid is a training grid in disguise."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from ravine.tasks.sudoku.shape import Box

Part = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = ("train", "train", "validation", "test")
"""Half of all families train, a quarter validates, a quarter tests."""


def part_of(grid: Sequence[int], box: Box) -> Part:
    """Return the part that a full grid belongs to: its family's hash decides, the same for every seed."""
    digest = hashlib.sha256(family(grid, box).encode()).digest()
    return PARTS[digest[0] % len(PARTS)]


def family(grid: Sequence[int], box: Box) -> str:
    """Return a name that every grid shares with all its symmetric images; some unrelated grids share it too.

    4 x 4 grids are all images of two: there only grids that differ by their digits' names share it.
    """
    if box.n == 4:
        return relabelled(grid)
    n = box.n
    rows = [grid[n * i : n * i + n] for i in range(n)]
    columns = [grid[j::n] for j in range(n)]
    both = [cycles_between(rows, box.rows), cycles_between(columns, box.columns)]
    return str(sorted(both) if box.rows == box.columns else both)


def relabelled(grid: Sequence[int]) -> str:
    """Return the grid with its digits named in the order they come."""
    names = {digit: name for name, digit in enumerate(dict.fromkeys(grid))}
    return str([names[digit] for digit in grid])


def cycles_between(lines: list[Sequence[int]], band: int) -> list[tuple[bool, tuple[int, ...], int]]:
    """Return how often which cycle lengths lead from one line to another, inside bands of lines and across them.

    Two lines make a permutation of the digits; its cycles keep their lengths when digits are renamed, entries of both
    lines move together, or the lines change places.
    """
    counts: Counter[tuple[bool, tuple[int, ...]]] = Counter()
    for i, one in enumerate(lines):
        for j in range(i):
            counts[i // band == j // band, cycle_lengths(dict(zip(one, lines[j], strict=True)))] += 1
    return sorted((*key, count) for key, count in counts.items())


def cycle_lengths(permutation: dict[int, int]) -> tuple[int, ...]:
    """Return the lengths of a permutation's cycles in order; uses the permutation up."""
    lengths = []
    while permutation:
        start, following = permutation.popitem()
        length = 1
        while following != start:
            following = permutation.pop(following)
            length += 1
        lengths.append(length)
    return tuple(sorted(lengths))
