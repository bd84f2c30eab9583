"""The doctor's own arithmetic."""

import numpy as np
import pytest
import torch

from ravine.doctor.finding import Finding, above, below, judged, shown
from ravine.doctor.oracle import apart, descended, picked, rank_correlation, same_settings
from ravine.doctor.shown import Recipe, Rule
from ravine.mining.curriculum import MiningSettings

NAN = float("nan")


@pytest.mark.parametrize(
    "other",
    [
        MiningSettings((("a", 1.0),), 1.0, 0.6),
        MiningSettings((("a", 1.0),), 2.0, 0.5),
        MiningSettings((("a", 0.9), ("b", 0.1)), 1.0, 0.5),
        MiningSettings((("a", 1.0),), 1.0, 0.5, active=False),
    ],
)
def test_settings_that_differ(other: MiningSettings) -> None:
    one = MiningSettings((("a", 1.0), ("b", 0.0)), 1.0, 0.5)
    assert not same_settings(one, other)
    assert same_settings(one, MiningSettings((("a", 1.0),), 1.0, 0.5))


def test_rank_correlation_sees_order_alone() -> None:
    a = torch.tensor([[0.0, 1.0, 2.0, 3.0]])
    assert rank_correlation(a, a.exp()) == pytest.approx(1)
    assert rank_correlation(a, -a) == pytest.approx(-1)


def test_scores_by_a_loop() -> None:
    energies, distances = np.array([[1.0, 2.0], [5.0, 3.0]]), np.array([[0.0, 9.0], [4.0, 4.0]])
    assert picked(energies, distances, Recipe(selection="lowest")).argmax(1).tolist() == [0, 1]
    assert picked(energies, distances, Recipe(selection="most-deceptive", weight=2.0)).argmax(1).tolist() == [1, 1]


def test_apart() -> None:
    assert apart(torch.zeros(2), torch.zeros(3)) == float("inf")
    assert apart(torch.tensor([2.0, 2.0]), torch.tensor([2.0, 2.0])) == 0
    assert apart(torch.tensor([3.0, 2.0]), torch.tensor([2.0, 2.0])) == pytest.approx(0.5)


@pytest.mark.parametrize("numbers", [NAN, [0.0, NAN], [NAN, 0.0], {"a": 0.0, "b": [NAN]}])
def test_no_limit_holds_for_what_is_not_a_number(numbers: object) -> None:
    assert not below(numbers, 1.0)
    assert not above(numbers, -1.0)


def test_limits_of_tables_and_lists() -> None:
    assert below({"a": 0.5, "b": [0.1, {"c": 0.9}]}, 1.0)
    assert not below([0.5, 1.0], 1.0)
    assert above([0.5, 1.0], 0.4)


def test_a_finding_in_one_line() -> None:
    outcome = judged(False, "too large", ratio=1.23456789)
    finding = Finding("D999", 5, "it holds", outcome.status, outcome.evidence, outcome.says, "mend it", 0.1)
    assert finding.sentence == "D999: it holds: fail; too large; ratio 1.235; mend it"
    assert shown({"a": [1.0, 2]}) == "{a: [1, 2]}"


def test_steps_of_other_rules() -> None:
    start, eta = torch.tensor([[3.0, -4.0], [0.0, 2.0]]), torch.tensor([1.0, 0.5])

    def end(rule: Rule) -> list[list[float]]:
        recipe = Recipe(steps=1, step_scale=2.0, keep="all", rule=rule)
        wanted = descended(lambda y: y.square().sum(1), lambda y: 2 * y, lambda y: y, start, eta, recipe)
        return [[round(float(entry), 4) for entry in row] for row in wanted]

    assert end("sign") == [[1.0, -2.0], [0.0, 1.0]]
    assert end("normalised") == [[1.8, -2.4], [0.0, 1.0]]
    assert end("gradient") == [[-9.0, 12.0], [0.0, -2.0]]


def test_a_score_of_ones_own_is_asked_problem_by_problem() -> None:
    energies, distances = np.array([[1.0, 2.0], [4.0, 3.0]]), np.array([[1.0, 5.0], [1.0, 1.0]])
    recipe = Recipe(candidates=2, selection="own", score=lambda e, d: d - e)
    assert picked(energies, distances, recipe).tolist() == [[0.0, 3.0], [-3.0, -2.0]]
