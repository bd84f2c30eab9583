"""Frames: what the page's script is given to step through."""

import json
import re

import numpy as np
import pytest
from tests.report.planted import landscapes

from ravine.report.frames import BANDS, banded, board_frames, plane_frames, shaded, visits


def test_a_landscapes_bands_are_its_order_and_hold_equal_areas() -> None:
    level = np.random.default_rng(0).normal(0, 1e6, (36, 36))
    bands = banded(level)
    assert {bands.count(band) for band in BANDS} == {36}
    order = np.argsort(level, axis=None)
    assert "".join(bands[index] for index in order) == "".join(sorted(bands))


def test_what_is_not_finite_is_in_no_band_and_has_no_size() -> None:
    assert banded(np.array([[0.0, np.nan], [np.inf, 1.0]])) == "0--z"
    assert banded(np.full((2, 2), np.nan)) == "----"
    assert shaded(np.array([0.0, 1e-4, 1e-2, 1.0, 50.0, np.inf, np.nan])) == [0, 0, 0.5, 1, 1, 1, None]


def test_visits_say_where_and_how_far_down() -> None:
    assert visits({"k": [2, 1], "energies": [[[5.0, 4.0, 3.5], [2.0, 1.0, 0.5]]]}, 0, 2) == [
        (2, "k = 2: energy 5 to 3.5 in 2 steps"),
        (1, "k = 1: energy 2 to 0.5 in 2 steps"),
    ]
    assert visits({"k": [1, 0], "energies": [[[5.0], [4.0]]]}, 0, 2)[1] == (0, "k = 0: energy 4")
    assert visits({}, 0, 2) == [(1, "k = 1"), (0, "k = 0")]


def test_a_way_on_a_plane_begins_where_it_enters_it() -> None:
    facts = landscapes(1.0, False, np.random.default_rng(0))
    frames = json.loads(plane_frames(facts["slice"], facts["forming"]))
    assert frames["order"] == list(range(10))[::-1]
    assert {len(level) for level in frames["levels"]} == {11 * 11}
    assert frames["path"][0] is None  # nine of ten visits are on the plane
    assert frames["path"][-1] == pytest.approx([0.0, 0.0], abs=1e-3)
    older = {key: value for key, value in facts["slice"].items() if key != "levels"}
    assert plane_frames(older, facts["forming"]) == ""


def test_a_board_has_its_symbols_clues_and_boxes() -> None:
    forming = landscapes(1.0, True, np.random.default_rng(0))["forming"]
    right, answers = np.array(forming["right"][0]), [np.array(answer) for answer in forming["answers"][0]]
    frames = json.loads(board_frames(forming, 0, right, answers, True))
    assert "".join(frames["right"]) == "".join(".abcdef"[int(value)] for value in right.flat)
    assert len(frames["cells"]) == 10
    assert frames["rulers"] == [2, 3]
    assert sum(frames["given"]) == right.size / 2


def test_the_page_hides_what_needs_its_script(html: str) -> None:
    assert html.count("<script>") == 1
    assert len(re.findall(r'class="explorer" hidden data-frames="\{', html)) == 7
