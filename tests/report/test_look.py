"""Arms can be told apart, by colour and without, on light paper and on dark."""

import re
from importlib import resources

import pytest

from ravine.report.look import ARMS, DARK_ARMS, INK, LABEL, MUTED, short, styles

PAPERS = re.findall(r"--paper: (#\w{6})", (resources.files("ravine.report") / "templates" / "page.css").read_text())


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2.1)."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2.1)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("paper", "colours"), [(PAPERS[0], (*ARMS, INK, MUTED)), (PAPERS[1], DARK_ARMS)])
def test_names_in_every_colour_are_readable(paper: str, colours: tuple[str, ...]) -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    for colour in colours:
        assert contrast(colour, paper) >= 4.5, colour


def test_eight_arms_differ_in_colour_marker_and_line() -> None:
    found = styles([f"arm-{index}" for index in range(7)] + ["none"], "none")
    assert found["none"].colour == ARMS[0]
    for kind in ("colour", "marker", "line"):
        assert len({getattr(style, kind) for style in found.values()}) == 8


def test_arms_beyond_the_colours_differ_by_marker() -> None:
    found = styles([f"arm-{index}" for index in range(20)], None)
    assert len({(style.colour, style.marker) for style in found.values()}) == 20


def test_long_names_are_cut_with_a_mark() -> None:
    assert short("a" * LABEL) == "a" * LABEL
    assert short("a" * 99) == "a" * (LABEL - 1) + "…"
