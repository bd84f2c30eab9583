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
    starts = [stage.start + offset for stage in curriculum.stages for offset in (-1, 0)]
    shown = np.linspace(0, steps, POINTS).round().astype(int)
    at = np.unique([*shown, *(step for step in starts if 0 <= step < steps)])
    # The last step lasts until `steps`; nothing is trained there.
    settings = [curriculum.settings_at(min(int(step), steps - 1)) for step in at]
    jumps: Any = {} if curriculum.interpolate else {"step": "post"}
    line: Any = {} if curriculum.interpolate else {"drawstyle": "steps-post"}
    arms = list(dict.fromkeys(arm for entry in settings for arm, _ in entry.mixture))
    shares = np.array([[dict(entry.mixture).get(arm, 0.0) for entry in settings] for arm in arms])
    figure = Figure(figsize=(8, 5), layout="constrained")
    top, bottom = figure.subplots(2, 1, sharex=True)
    colours = [COLOURS[index % len(COLOURS)] for index in range(len(arms))]
    bands: Any = top.stackplot(at, shares, labels=arms, colors=colours, **jumps)
    for index, band in enumerate(bands):
        band.set(hatch=HATCHES[index % len(HATCHES)], alpha=0.75, edgecolor="white")
    top.set_ylim(0, 1)
    style(top, "Arms", "", "share of the batch")
    top.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    bottom.plot(
        at, [entry.temperature for entry in settings], color=COLOURS[0], ls=LINES[0], label="temperature", **line
    )
    bottom.plot(at, [entry.weight for entry in settings], color=COLOURS[1], ls=LINES[1], label="weight", **line)
    bottom.set_ylim(bottom=0)
    style(bottom, "Contrast", "optimiser step", "value")
    bottom.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return figure
