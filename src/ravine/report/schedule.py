"""A curriculum drawn: which arm works on how much of the batch, and how its negatives weigh."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ravine.mining.curriculum import Curriculum
from ravine.report.figures import COLOURS, LINES, style

POINTS = 400
HATCHES = ("", "//", "..", "xx", "--", "++")


def schedule(curriculum: Curriculum, steps: int) -> Figure:
    """Draw the shares of the arms over a training of `steps`, and temperature and weight below."""
    at = np.unique(np.linspace(0, steps - 1, POINTS).round().astype(int))
    settings = [curriculum.settings_at(int(step)) for step in at]
    arms = list(dict.fromkeys(arm for entry in settings for arm, _ in entry.mixture))
    shares = np.array([[dict(entry.mixture).get(arm, 0.0) for entry in settings] for arm in arms])
    figure = Figure(figsize=(8, 5), layout="constrained")
    top, bottom = figure.subplots(2, 1, sharex=True)
    bands: Any = top.stackplot(at, shares, labels=arms, colors=[COLOURS[i % len(COLOURS)] for i in range(len(arms))])
    for index, band in enumerate(bands):
        band.set(hatch=HATCHES[index % len(HATCHES)], alpha=0.75, edgecolor="white")
    top.set_ylim(0, 1)
    style(top, "Arms", "", "share of the batch")
    top.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    bottom.plot(at, [entry.temperature for entry in settings], color=COLOURS[0], ls=LINES[0], label="temperature")
    bottom.plot(at, [entry.weight for entry in settings], color=COLOURS[1], ls=LINES[1], label="weight")
    bottom.set_ylim(bottom=0)
    style(bottom, "Contrast", "optimiser step", "value")
    bottom.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return figure
