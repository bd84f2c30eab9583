"""The released scores of given boards beside ours: two are the same, and the third is fooled where ours is not."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from ravine.batch import Batch
from ravine.evaluation.score import measured
from ravine.tasks.answers import one_hot
from ravine.tasks.sudoku.shape import Box
from ravine.tasks.sudoku.task import Sudoku

pytestmark = pytest.mark.parity
TASK = Sudoku(Box(3, 3))


def test_unknown_cells_and_valid_boards_are_the_released_scores(arrays: Callable[[str], dict[str, Tensor]]) -> None:
    v = arrays("extra/scores")
    predicted, y = (one_hot(v[f"board_{what}"].reshape(-1, 9, 9), 9).double() for what in ("digits", "right"))
    given = v["board_given"].reshape(-1, 9, 9, 1).expand(y.shape)
    batch = Batch(torch.where(given, y, -1.0), y, given)
    scores = measured(TASK.metrics(), batch, predicted)
    torch.testing.assert_close(torch.from_numpy(scores["cells"].values), v["board_unknown_cell_accuracy"])
    torch.testing.assert_close(torch.from_numpy(scores["consistency"].values), v["board_strictly_valid"])
    pooled = [scores["cells"].mean, scores["consistency"].mean]
    torch.testing.assert_close(torch.tensor(pooled, dtype=torch.float64), v["board_pooled"][:2])
    fooled = v["board_weak_cell_share"] > torch.from_numpy(scores["consistency"].values)
    assert fooled.any()  # sums of rows, columns and boxes: full marks are possible for a board that keeps no rule
    assert (torch.from_numpy(scores["solved"].values)[fooled] == 0).all()
