"""The section on landscapes: what was not measured has no figure."""

from pathlib import Path

import numpy as np
from tests.report.planted import landscapes

from ravine.report.look import styles
from ravine.report.reading.measured import Measured
from ravine.report.reading.subject import Run
from ravine.report.sections.landscapes import by_landscape, distance, plane

RUN = Run("none", 0, Path(), "finished", {})
MISSING = ("gap", "auc", "rank_correlation")


def test_a_network_without_an_energy_has_no_empty_figures() -> None:
    facts = landscapes(1.0, True, np.random.default_rng(0))
    whole = Measured("none", (RUN,), (facts,))
    rows = [{**row, **dict.fromkeys(MISSING)} for row in facts["landscapes"]]
    denoiser = Measured("none", (RUN,), ({"landscapes": rows, "forming": facts["forming"]},))
    looks = styles(["none"], "none")
    drawn = [panel.key for panel in by_landscape([denoiser], looks, "same")]
    assert drawn == ["cosine-same", "noise_norm-same", "accepted-same"]
    assert len(list(by_landscape([whole], looks, "same"))) == len(drawn) + len(MISSING)
    assert not [*distance([denoiser], looks, "same"), *plane(denoiser, "same")]
    (both, *_) = by_landscape([whole, Measured("x", (RUN,), denoiser.entries)], styles(["none", "x"], "none"), "same")
    assert "x nan" not in both.description
