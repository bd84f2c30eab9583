"""Boards at hand: those that ship, made by `make_boards` with seed 0, and for other boxes and numbers made when asked.

python -m ravine.tasks.sudoku.pools    # makes the files anew, in minutes
"""

from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
import torch

from ravine.tasks.sudoku.boards import Boards, Givens, make_boards
from ravine.tasks.sudoku.families import Part
from ravine.tasks.sudoku.shape import Box

SEED = 0
CPU = torch.device("cpu")
SHIPPED = (Box(2, 3), Box(3, 3))
SIZES: dict[tuple[Part, Givens], int] = {
    ("train", "same"): 4000,
    ("train", "harder"): 500,
    ("validation", "same"): 500,
    ("validation", "harder"): 500,
    ("test", "same"): 1000,
    ("test", "harder"): 1000,
}
"""How many boards of which part and split each file holds."""


@cache
def pool(box: Box, part: Part, givens: Givens, size: int, device: torch.device = CPU) -> Boards:
    """Return the first `size` boards of a part and split, kept on `device`; a larger pool begins with a smaller one."""
    if device != CPU:
        boards = pool(box, part, givens, size)
        return Boards(boards.puzzle.to(device), boards.solution.to(device))
    if box in SHIPPED and size <= SIZES[part, givens]:
        with np.load(str(resources.files("ravine.tasks.sudoku") / file_name(box)), allow_pickle=False) as arrays:
            puzzle, solution = (arrays[f"{part}/{givens}/{what}"][:size] for what in ("puzzle", "solution"))
        return Boards(torch.from_numpy(puzzle).long(), torch.from_numpy(solution).long())
    return make_boards(box, part, givens, size, SEED)


def file_name(box: Box) -> str:
    """Return the name of the file of a box's boards."""
    return f"boards-{box.rows}x{box.columns}.npz"


def write(box: Box, folder: Path) -> None:
    """Make the file of a box's boards."""
    arrays = {}
    for (part, givens), size in SIZES.items():
        made = make_boards(box, part, givens, size, SEED)
        arrays[f"{part}/{givens}/puzzle"] = made.puzzle.to(torch.uint8).numpy()
        arrays[f"{part}/{givens}/solution"] = made.solution.to(torch.uint8).numpy()
    np.savez_compressed(folder / file_name(box), allow_pickle=False, **arrays)


if __name__ == "__main__":
    for shape in SHIPPED:
        write(shape, Path(__file__).parent)
