"""The exact method: bit masks of candidates, singles to a fixed point, then a guess at the fewest; it counts to two."""

import random
from collections.abc import Iterator, Sequence

from ravine.tasks.sudoku.shape import Box

Cells = Sequence[int]
"""The digits of a board row by row, 0 where empty."""


def solutions(board: Cells, box: Box, order: random.Random | None = None) -> Iterator[tuple[int, ...]]:
    """Yield every solution of a board, the digits row by row; none for a board that contradicts itself.

    `order` draws which candidate is tried first; without it the lowest is.
    """
    masks = [(1 << box.n) - 1] * box.cells
    for cell, digit in enumerate(board):
        if digit and not assign(masks, cell, 1 << (digit - 1), box):
            return
    for solved in search(masks, box, order):
        yield tuple(mask.bit_length() for mask in solved)


def count(board: Cells, box: Box) -> int:
    """Return how many solutions a board has: 0, 1, or 2 for several."""
    found = solutions(board, box)
    return sum(1 for _ in zip(range(2), found, strict=False))


def another(board: Cells, cell: int, digit: int, box: Box) -> bool:
    """Return whether a board has a solution with another digit in its empty `cell` than `digit`, which one has."""
    if forced(board, cell, digit, box):  # most cells of a full board: no search
        return False
    masks = [(1 << box.n) - 1] * box.cells
    for place, value in enumerate(board):
        if value and not assign(masks, place, 1 << (value - 1), box):
            return False
    return exclude(masks, cell, 1 << (digit - 1), box) and next(search(masks, box, None), None) is not None


def forced(board: Cells, cell: int, digit: int, box: Box) -> bool:
    """Return whether a single alone gives the empty `cell` its `digit`, naked or hidden."""
    if len({board[peer] for peer in box.peers[cell]} - {0}) == box.n - 1:
        return True
    return any(
        all(
            board[place] or place == cell or digit in map(board.__getitem__, box.peers[place])
            for place in box.groups[g]
        )
        for g in box.groups_of[cell]
    )


def search(masks: list[int], box: Box, order: random.Random | None) -> Iterator[list[int]]:
    """Yield the solved masks below `masks`, which are used up; each cell's mask is then a single bit."""
    if not hidden_singles(masks, box):
        return
    width, cell = min(((m.bit_count(), i) for i, m in enumerate(masks) if m & (m - 1)), default=(1, 0))
    if width == 1:
        yield masks
        return
    bits = [1 << digit for digit in range(box.n) if masks[cell] >> digit & 1]
    if order is not None:
        order.shuffle(bits)
    for bit in bits:
        branch = masks.copy()
        if assign(branch, cell, bit, box):
            yield from search(branch, box, order)


def assign(masks: list[int], cell: int, bit: int, box: Box) -> bool:
    """Give `cell` the digit of `bit` and follow the naked singles; false at a contradiction."""
    return bool(masks[cell] & bit) and exclude(masks, cell, masks[cell] & ~bit, box)


def exclude(masks: list[int], cell: int, bits: int, box: Box) -> bool:
    """Take the digits of `bits` from `cell` and follow the naked singles; false at a contradiction."""
    before = masks[cell]
    masks[cell] = before & ~bits
    pending = [cell] if before & (before - 1) else []  # a cell that had one digit has been followed already
    if not masks[cell]:
        return False
    while pending:
        cell = pending.pop()
        bit = masks[cell]
        if bit & (bit - 1):
            continue
        for peer in box.peers[cell]:
            mask = masks[peer]
            if mask & bit:
                if mask == bit:
                    return False
                mask &= ~bit
                masks[peer] = mask
                if not mask & (mask - 1):
                    pending.append(peer)
    return True


def hidden_singles(masks: list[int], box: Box) -> bool:
    """Give digits that have one place left in a group that place, until none is left; false at a contradiction."""
    full = (1 << box.n) - 1
    again = True
    while again:
        again = False
        for group in box.groups:
            once = twice = 0
            for cell in group:
                mask = masks[cell]
                twice |= once & mask
                once |= mask
            if once != full:
                return False
            single = once & ~twice
            for cell in group:
                mask = masks[cell]
                bit = mask & single
                if bit and mask & (mask - 1):
                    if bit & (bit - 1) or not assign(masks, cell, bit, box):
                        return False
                    again = True
    return True
