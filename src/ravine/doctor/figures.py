"""The page's figures: energies by landscape, shares of the gradient; SVG with real text."""

import io
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ravine.doctor.bench import Bench
from ravine.doctor.gradients import flat_gradients, norm_of
from ravine.doctor.pipeline import NotOffered
from ravine.report.figures import COLOURS, MARKERS, legend, style

INK = "#123456"
"""Stands for the page's own text colour until the SVG is written."""
LOOK = {
    "svg.fonttype": "none",
    "svg.hashsalt": "ravine",
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.facecolor": "none",
}


def drawn(bench: Bench) -> dict[str, str]:
    """Return the figures that a pipeline allows, as SVG by title."""
    makers = {
        "Energies by landscape": energies,
        "Shares of the gradient": gradient_shares,
    }
    found = {}
    with mpl.rc_context(LOOK):  # type: ignore[arg-type]
        for title, make in makers.items():
            figure = Figure(figsize=(7, 3.4), layout="constrained")
            try:
                make(figure.subplots(), bench)
            except NotOffered:
                continue
            found[title] = svg(figure)
    return found


def svg(figure: Figure) -> str:
    """Return a figure as an SVG element in the page's text colour, without a background."""
    text = io.StringIO()
    figure.savefig(text, format="svg", transparent=True, metadata={"Date": None})
    whole = text.getvalue()
    return whole[whole.index("<svg") :].replace(INK, "currentColor")


def energies(axes: Axes, bench: Bench) -> None:
    """Draw the mean energies of right, proposed, refined and chosen answers on every landscape."""
    levels = np.arange(len(bench.landscapes))
    lines = {"right": bench.batch.y[:, None]}
    for arm in bench.arms:
        mined = bench.mined(arm)
        for name, answers in (("proposed", bench.proposals_or_none(arm)), ("refined", mined.candidates)):
            if answers is not None:
                lines[f"{arm}: {name}"] = answers
        lines[f"{arm}: chosen"] = mined.negatives
    for index, (name, answers) in enumerate(lines.items()):
        values = bench.energies_of(answers).mean(1)
        means = [float(values[bench.k == level].mean()) for level in levels]
        look: dict[str, Any] = {"color": COLOURS[index % len(COLOURS)], "marker": MARKERS[index % len(MARKERS)]}
        axes.plot(levels, means, lw=1.2, ms=5, label=name, **look)
    style(axes, "Mean energy, low is right", "landscape k, 0 is the sharpest", "E")
    legend(axes, fontsize=8)


def gradient_shares(axes: Axes, bench: Bench) -> None:
    """Draw the gradient norm of each weighted term, for every arm."""
    weight = bench.settings().weight
    names = ("denoise", "weighted contrast")
    for index, name in enumerate(names):
        norms = []
        for arm in bench.arms:
            terms = bench.loss(arm)
            term = terms.denoise if index == 0 else weight * terms.contrast
            norms.append(norm_of(flat_gradients(term, bench.pipeline)))
        axes.bar(np.arange(len(bench.arms)) + 0.4 * index, norms, 0.38, color=COLOURS[index], label=name)
    axes.set_xticks(np.arange(len(bench.arms)) + 0.2, list(bench.arms))
    style(axes, "Gradient norm in the weights", "arm", "norm")
    legend(axes, fontsize=8)
