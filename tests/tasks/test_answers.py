"""Answer spaces: directions away from an answer, and wrong answers that are none of the right ones."""

import pytest
import torch

from ravine.tasks.answers import NEAR, AnswerSpace, OneHot, Reals, Signs, one_hot

GENERATOR = torch.Generator().manual_seed(0)
ANSWERS = {
    Reals(): torch.randn((40, 3, 4), generator=GENERATOR),
    Signs(): torch.randn((40, 3, 4), generator=GENERATOR).sign(),
    OneHot(): one_hot(torch.randint(0, 4, (40, 3), generator=GENERATOR), 4),
}
SPACES = pytest.mark.parametrize("space", ANSWERS, ids=lambda space: type(space).__name__)


@SPACES
def test_directions_are_as_long_as_noise_and_move_nothing_that_is_given(space: AnswerSpace) -> None:
    y, given = ANSWERS[space], torch.zeros(40, 3, 4).bool()
    given[:, 1] = True
    directions = space.directions(y, given, 5, torch.Generator().manual_seed(1))
    assert directions.shape == (5, *y.shape)
    assert (directions[:, given] == 0).all()
    free = directions[:, ~given].reshape(5, 40, -1).square().mean(2).sqrt()
    assert free.mean().item() == pytest.approx(1, abs=0.05)
    assert (directions[0] != directions[1]).any()


@pytest.mark.parametrize("space", [Signs(), OneHot()], ids=lambda space: type(space).__name__)
def test_directions_of_a_discrete_space_lead_to_other_answers(space: AnswerSpace) -> None:
    y = ANSWERS[space]
    directions = space.directions(y, None, 3, torch.Generator().manual_seed(1))
    lengths = directions.flatten(2).abs().amax(2)[..., None, None]
    there = y + 2 * directions / lengths
    torch.testing.assert_close(space.decode(there), there)
    assert (there != y).flatten(2).any(2).all()


def test_a_problem_without_a_free_entry_has_no_direction() -> None:
    y = ANSWERS[OneHot()]
    directions = OneHot().directions(y, torch.ones_like(y).bool(), 2, torch.Generator().manual_seed(1))
    assert (directions == 0).all()


def test_a_redrawn_real_entry_lies_away_from_the_old_one() -> None:
    y = ANSWERS[Reals()]
    redrawn = Reals().redrawn(y, torch.Generator().manual_seed(2))
    rms = y.flatten(1).square().mean(1).sqrt()[:, None, None]
    near = (redrawn - y).abs() / rms
    assert near.min().item() == pytest.approx(NEAR, rel=1e-4)
    assert (near > 2 * NEAR).float().mean() > 0.7
