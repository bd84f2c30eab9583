"""The page's figures: energies by landscape, shares of the gradient, the mixture as realised; SVG with real text."""

import io
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ravine.doctor.bench import Bench
from ravine.doctor.gradients import flat_gradients, norm_of
from ravine.doctor.observed import observed
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
STEPS = 12


def drawn(bench: Bench) -> dict[str, str]:
    """Return the figures that a pipeline allows, as SVG by title."""
    makers = {
        "Energies by landscape": energies,
        "Shares of the gradient": gradient_shares,
        "The mixture, as requested and as realised": mixture,
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


def mixture(axes: Axes, bench: Bench) -> None:
    """Draw the shares of rows that arms were given over a few steps beside the requested ones."""
    settings = bench.settings()
    names = [arm for arm, share in settings.mixture if share > 0]
    pipeline = bench.pipeline.fresh()
    pipeline.jump(next(s.start for s in pipeline.plan().stages if s.mixture == settings.mixture))
    steps = [step for step in observed(pipeline, STEPS) if step.seen.settings and step.seen.settings.active]
    total = sum(step.seen.batch_size or 0 for step in steps)
    rows = {
        name: sum(len((step.seen.arms or {})[name].negatives) for step in steps if name in (step.seen.arms or {}))
        for name in names
    }
    if "none" in rows:
        rows["none"] = total - sum(rows.values())
    at = np.arange(len(names))
    axes.bar(at, [dict(settings.mixture)[name] for name in names], 0.38, color=COLOURS[0], label="requested")
    axes.bar(at + 0.4, [rows[name] / max(total, 1) for name in names], 0.38, color=COLOURS[1], label="realised")
    axes.set_xticks(at + 0.2, names)
    style(axes, f"Shares of {total} rows", "arm", "share")
    legend(axes, fontsize=8)
