"""Boards as pictures: boxes by lines, given digits bold, wrong ones in another colour."""

import numpy as np

from ravine.report.drawing.maps import digits_figure
from ravine.report.look import ARMS, INK, MUTED


def test_boards_show_their_boxes_what_is_given_and_what_is_wrong() -> None:
    right = np.arange(24.0).reshape(4, 6)
    board = right + 30 * (right == 7)
    given = [int(value == 3) for value in right.flat]
    (axes,) = digits_figure([board], right, ["k = 0"], lambda value: f"{value:.0f}", given, (2, 3)).axes
    looks = {text.get_text(): (text.get_color(), text.get_fontweight()) for text in axes.texts}
    assert (looks["3"], looks["4"]) == ((INK, "bold"), (MUTED, "normal"))
    assert looks["37"] == (ARMS[2], "bold")
    ends = [segment.tolist() for lines in axes.collections for segment in lines.get_segments()]  # type: ignore[attr-defined]
    assert ends == [[[-0.5, 1.5], [5.5, 1.5]], [[2.5, -0.5], [2.5, 3.5]]]


def test_boards_of_which_no_more_is_known_are_drawn_without() -> None:
    right = np.ones((2, 2))
    (axes,) = digits_figure([right], right, ["k = 0"], str).axes
    assert {(text.get_color(), text.get_fontweight()) for text in axes.texts} == {(MUTED, "normal")}
    assert not any(lines.get_segments() for lines in axes.collections)  # type: ignore[attr-defined]
