import pytest

from ravine.training.ema import AverageRule
from ravine.training.learning_rate import LearningRate, Schedule


@pytest.mark.parametrize(
    ("schedule", "middle", "last"), [("constant", 1.0, 1.0), ("cosine", 0.5, 0.0), ("linear", 0.5, 0.0)]
)
def test_rates_rise_over_the_warm_up_and_fall_to_the_end(schedule: Schedule, middle: float, last: float) -> None:
    rate = LearningRate(1.0, 110, 10, schedule)
    assert [rate.at(step) for step in (0, 4, 9)] == pytest.approx([0.1, 0.5, 1.0])
    assert rate.at(60) == pytest.approx(middle)
    assert rate.at(110) == pytest.approx(last)
    values = [rate.at(step) for step in range(10, 111)]
    assert values == sorted(values, reverse=True)


def test_the_average_copies_then_warms_up_and_moves_when_due() -> None:
    rule = AverageRule(0.9, 10)
    assert [step for step in range(1, 31) if rule.due(step)] == [*range(1, 11), 20, 30]
    assert [rule.decay_after(step) for step in (1, 9)] == [0.0, 0.0]
    decays = [rule.decay_after(10 * update) for update in range(1, 200)]
    assert decays[0] == pytest.approx(2 / 11)
    assert decays == sorted(decays)
    assert decays[-1] == 0.9
