"""Numbers and shares in words."""

import pytest

from ravine.report.markdown import number, percent


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        (0, "0"),
        (0.0, "0"),
        (1, "1"),
        (0.012345, "0.0123"),
        (0.001, "0.001"),
        (0.000999, "9.99e-04"),
        (6.31e-15, "6.31e-15"),
        (99.95, "100"),
        (480, "480"),
        (999.6, "1000"),
        (1234.4, "1234"),
        (-1730.2, "-1730"),
        (9999.6, "1e+04"),
        (12345, "1.23e+04"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
    ],
)
def test_numbers_have_three_significant_digits(value: float | None, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "—"), (0.0, "0 %"), (1.0, "100 %"), (0.9733, "97.3 %"), (0.9996, "99.96 %"), (0.0004, "0.04 %")],
)
def test_a_share_is_per_cent_and_only_all_of_it_is_100(value: float | None, text: str) -> None:
    assert percent(value) == text
