"""The average of the weights: what is evaluated."""

from collections.abc import Callable

import pytest
import torch

from ravine.training.callbacks import Callbacks
from ravine.training.ema import AverageRule
from ravine.training.loop import Trainer

Make = Callable[..., Trainer]


def flat(energy: torch.nn.Module) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in energy.parameters()])


@pytest.mark.parametrize("every", [1, 4, 10])
def test_the_average_leaves_the_initial_weights_with_the_first_step(trainer: Make, every: int) -> None:
    made = trainer(f"average.every={every}")
    initial = flat(made.state.average)
    moved: list[bool] = []
    made.callbacks = Callbacks(lambda step: moved.append(not torch.equal(flat(made.state.average), initial)))
    made.run()
    assert moved == [True] * 12


def test_a_run_shorter_than_the_first_update_is_scored_with_its_own_weights(trainer: Make) -> None:
    made = trainer("average.every=13")
    made.run()
    assert torch.equal(flat(made.state.average), flat(made.state.energy))


@pytest.mark.parametrize("every", [1, 10])
def test_from_the_first_update_on_the_decay_rises_to_its_value(every: int) -> None:
    rule = AverageRule(0.995, every)
    steps = [step for step in range(every, 3000 * every) if rule.due(step)]
    assert steps == list(range(every, 3000 * every, every))
    assert [rule.decay_after(step) for step in steps[:2]] == [2 / 11, 3 / 12]
    assert rule.decay_after(steps[-1]) == 0.995
