"""Numbers for people."""

import pytest

from ravine.statistics import brief


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.8179, "0.818"),
        (0.9496, "0.95"),
        (1.851, "1.85"),
        (2.43, "2.4"),
        (27.55, "28"),
        (267.3, "270"),
        (6368.0, "6400"),
        (4.876e8, "4.9e8"),
        (0.0006877, "0.00069"),
        (1.339e-05, "1.3e-5"),
        (1.614e11, "1.6e11"),
        (0.0, "0"),
        (float("inf"), "inf"),
    ],
)
def test_two_digits_or_three_near_one(value: float, words: str) -> None:
    assert brief(value) == words
