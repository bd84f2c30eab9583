"""The published sets of boards, from files of a user's: SATNet's tensors, and the RRN's `puzzle,solution` a line."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from ravine.errors import InputError
from ravine.tasks.sudoku.boards import Boards
from ravine.tasks.sudoku.families import Part
from ravine.tasks.sudoku.pools import CPU
from ravine.tasks.sudoku.rules import valid
from ravine.tasks.sudoku.shape import Box
from ravine.tasks.sudoku.text import SYMBOLS, lines_of, read_line, write_board
from ravine.tasks.tensor_files import read_tensor

RRN_FILES: dict[Part, str] = {"train": "train.csv", "validation": "valid.csv", "test": "test.csv"}
SOLVED = 100
"""So many boards of a set, spread evenly, are solved, to see that their solution is the only one."""
AT_ONCE = 5000


@cache
def published(source: str, part: Part, box: Box, device: torch.device = CPU) -> Boards:
    """Return the boards of a part of the set that `source` names, `satnet:FOLDER` or `rrn:FOLDER`, kept on `device`.

    Training boards whose solution is one of a validation or test board are left out. Clues and solutions of all boards
    are checked; an `InputError` names the file, the board and its fault.
    """
    if device != CPU:
        boards = published(source, part, box)
        return Boards(boards.puzzle.to(device), boards.solution.to(device))
    kind, _, folder = source.partition(":")
    if part != "train":
        return SETS[kind](folder, part, box)
    train, *others = (SETS[kind](folder, each, box) for each in ("train", "validation", "test"))
    held = {board.tobytes() for other in others for board in other.solution.numpy()}
    kept = torch.tensor([board.tobytes() not in held for board in train.solution.numpy()])
    return Boards(train.puzzle[kept], train.solution[kept])


def satnet(folder: str, part: Part, box: Box) -> Boards:
    """Return a part of SATNet's boards: the last tenth tests (1,000 of 10,000), the twentieth before it validates."""
    whole = satnet_whole(folder, box)
    count = len(whole.puzzle)
    if count < 20:
        raise InputError(f"{Path(folder) / 'features.pt'}: {count} boards are too few to be parted; 20 at least")
    tests, validates = count - count // 10, count - count // 10 - count // 20
    rows = {"train": slice(validates), "validation": slice(validates, tests), "test": slice(tests, count)}[part]
    return Boards(whole.puzzle[rows], whole.solution[rows])


@cache
def satnet_whole(folder: str, box: Box) -> Boards:
    """Return all of SATNet's boards: one-hot tensors (boards, n, n, n) in `features.pt` and `labels.pt`."""
    features, labels = Path(folder) / "features.pt", Path(folder) / "labels.pt"
    puzzle, solution = digits_in(features, box, least=0), digits_in(labels, box, least=1)
    if len(puzzle) != len(solution):
        raise InputError(f"{labels}: {len(solution)} solutions of {len(puzzle)} boards")
    return checked(Boards(puzzle, solution), box, lambda index: f"{features}, board {index}")


def digits_in(file: Path, box: Box, least: int) -> Int[Tensor, "b n n"]:
    """Return the digits of one-hot boards, 0 where a cell is empty; `least`: how many entries of a cell must be 1."""
    marks, n = read_tensor(file), box.n
    if marks.dim() != 4 or tuple(marks.shape[1:]) != (n, n, n):
        raise InputError(f"{file}: a tensor of shape {tuple(marks.shape)}, not (boards, {n}, {n}, {n})")
    count = marks.sum(-1)
    wrong = ((marks != 0) & (marks != 1)).any(-1) | (count < least) | (count > 1)
    for index in wrong.flatten(1).any(1).nonzero()[:1, 0].tolist():
        raise InputError(f"{file}, board {index}: a cell that is not one-hot, a single 1 among {n} entries")
    return torch.where(count > 0, marks.argmax(-1) + 1, 0).to(torch.int8)


@cache
def rrn(folder: str, part: Part, box: Box) -> Boards:
    """Return the boards of `train.csv`, `valid.csv` or `test.csv`, which must all have their solution beside them."""
    file = Path(folder) / RRN_FILES[part]
    try:
        numbered = lines_of(file.read_text(encoding="utf-8-sig"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: cannot be read ({error}); `source` names the folder of {file.name}") from None
    if not numbered:
        raise InputError(f"{file}: no board; write puzzle,solution a line")
    numbered = [(place, line.upper()) for place, line in numbered]
    width, symbols = 2 * box.cells + 1, set(SYMBOLS[: box.n + 1] + "0,")
    for place, line in numbered:
        if len(line) != width or line[box.cells] != "," or not symbols.issuperset(line):
            read_line(line, box, place)
            raise InputError(f"{place}: no solution beside the board; write puzzle,solution")
    letters = np.array([line.encode() for _, line in numbered]).view(np.uint8).reshape(-1, width)
    codes = np.zeros(256, np.int8)
    codes[list(SYMBOLS.encode())] = range(len(SYMBOLS))
    board = torch.from_numpy(codes[letters])
    puzzle, solution = (part.reshape(-1, box.n, box.n) for part in (board[:, : box.cells], board[:, box.cells + 1 :]))
    return checked(Boards(puzzle, solution), box, lambda index: numbered[index][0])


SETS: dict[str, Callable[[str, Part, Box], Boards]] = {"satnet": satnet, "rrn": rrn}


def checked(boards: Boards, box: Box, place: Callable[[int], str]) -> Boards:
    """Return the boards, of which all must fit their solutions, which must keep the rules.

    The first that does not, and `SOLVED` others, are read again one by one: that names their fault.
    """
    count = len(boards.puzzle)
    fit = ((boards.puzzle == boards.solution) | (boards.puzzle == 0)).flatten(1).all(1)
    fit = fit & torch.cat([valid(some, box) for some in torch.split(boards.solution, AT_ONCE)])
    chosen = torch.linspace(0, count - 1, min(count, SOLVED)).long()
    for index in [*(~fit).nonzero()[:1, 0].tolist(), *chosen.tolist()]:
        read_line(f"{write_board(boards.puzzle[index])},{write_board(boards.solution[index])}", box, place(index))
    return boards
