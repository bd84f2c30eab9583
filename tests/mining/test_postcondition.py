from typing import Any

import pytest
import torch
from torch import Tensor

from ravine.batch import Batch
from ravine.diffusion import Diffusion
from ravine.energies.mlp import MLP
from ravine.errors import MiningError
from ravine.mining.context import MiningContext
from ravine.mining.postcondition import RULES, check_form, first_violation, right_answers
from ravine.tasks.base import Task
from ravine.tasks.baselines import Baseline, Zero

GIVEN = torch.tensor([[True, False, False]] * 4)
RIGHT = torch.full((4, 3), 0.5)


class Half(Task):
    """Every answer is one half everywhere."""

    name, x_shape, y_shape, bound, solve_bound = "half", (1,), (3,), 1.0, 1.0

    def sample(self, size: int, generator: torch.Generator, split: str = "same", dtype: Any = torch.float32) -> Batch:
        return Batch(torch.zeros(size, 1, dtype=dtype), torch.full((size, 3), 0.5, dtype=dtype))

    def solved(self, batch: Batch, answer: Tensor) -> Tensor:
        return ((answer - 0.5).abs() < 0.01).all(1)

    def baselines(self) -> dict[str, Baseline]:
        return {"zero": Zero()}


CONTEXT = MiningContext(
    MLP((1,), (3,), 10, torch.Generator(), 8, 4),
    Half(),
    Batch(torch.zeros(4, 1), RIGHT, GIVEN),
    torch.arange(4),
    Diffusion.cosine(),
)


def negatives() -> Tensor:
    wrong = torch.full((4, 2, 3), -0.5)
    wrong[:, :, 0] = 0.5
    return wrong


def test_sound_negatives_pass() -> None:
    assert first_violation(negatives(), CONTEXT).tolist() == [-1, -1]


@pytest.mark.parametrize(
    ("rule", "entry", "value"), [(0, 1, float("nan")), (0, 1, float("inf")), (1, 2, 1.5), (2, 0, 0.25)]
)
def test_a_broken_rule_is_named_with_its_first_row(rule: int, entry: int, value: float) -> None:
    broken = negatives()
    broken[2:, 1, entry] = value
    assert first_violation(broken, CONTEXT).tolist() == [rule, 2]
    assert len(RULES) > rule


def test_what_the_verifier_takes_for_right_is_no_negative_and_no_violation() -> None:
    mined = negatives()
    mined[3, 0] = RIGHT[3] + 0.001
    assert right_answers(mined, CONTEXT).nonzero().tolist() == [[3, 0]]
    mined[3, 0, 0] = RIGHT[3, 0]  # the given entry is held exactly
    assert first_violation(mined, CONTEXT).tolist() == [-1, -1]


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        (None, "returned NoneType"),
        (torch.zeros(4, 2, 3).numpy(), "returned ndarray"),
        (torch.zeros(4, 3), r"returned a tensor \(4, 3\)"),
        (torch.zeros(4, 2, 3).double(), "of torch.float64 on cpu"),
        (torch.zeros(4, 2, 3, device="meta"), "on meta"),
    ],
)
def test_another_form_is_refused_with_the_form_that_is_wanted(returned: object, says: str) -> None:
    check_form("odd", "propose", torch.zeros(4, 2, 3), (4, 2, 3), RIGHT)
    with pytest.raises(MiningError, match=says + r".*, expected .*\(4, 2, 3\) of torch.float32 on cpu") as raised:
        check_form("odd", "propose", returned, (4, 2, 3), RIGHT)
    assert str(raised.value).startswith("arm 'odd': propose")
