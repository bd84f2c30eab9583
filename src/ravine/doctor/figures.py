"""The page's figures, drawn as those of reports: energies by landscape, gradient norms of the loss terms."""

from contextlib import suppress

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from ravine.doctor.bench import Bench
from ravine.doctor.gradients import flat_gradients, norm_of
from ravine.doctor.pipeline import NotOffered
from ravine.report.drawing.lines import Line, Scales, lines_figure
from ravine.report.look import ARMS, styles
from ravine.report.panel import RC, rows_canvas
from ravine.report.svg import inline_svg


def drawn(bench: Bench) -> dict[str, str]:
    """Return the figures that a pipeline allows, as SVG by title."""
    found = {}
    with mpl.rc_context(RC):
        for title, make in (("Energies by landscape", energies), ("Gradient norms of the loss terms", gradient_norms)):
            with suppress(NotOffered):
                found[title] = inline_svg(make(bench), make.__name__, title, f"{title}.")
    return found


def energies(bench: Bench) -> Figure:
    """Draw the mean energies of right, proposed, refined and chosen answers on every landscape."""
    answers = {"right": bench.batch.y[:, None]}
    for arm in bench.arms:
        mined = bench.mined(arm)
        shown = {"proposed": bench.proposals_or_none(arm), "refined": mined.candidates, "chosen": mined.negatives}
        answers |= {f"{arm}: {name}": points for name, points in shown.items() if points is not None}
    looks, levels, lines = styles(answers, "right"), range(len(bench.landscapes)), []
    for name, points in answers.items():
        values = bench.energies_of(points).mean(1)
        means = np.array([float(values[bench.k == level].mean()) for level in levels])
        lines.append(Line(name, np.array(levels, dtype=float), means, looks[name]))
    scales = Scales("landscape k, 0 is the sharpest", "mean energy, low is right", y="linear", whole=True)
    return lines_figure(lines, scales)


def gradient_norms(bench: Bench) -> Figure:
    """Draw the norm of each weighted term's gradient in the weights, for every arm."""
    weight, norms = bench.settings().weight, dict[str, float]()
    for arm in bench.arms:
        terms = bench.loss(arm)
        for name, term in (("denoise", terms.denoise), ("contrast", weight * terms.contrast)):
            norms[f"{arm}: {name}"] = norm_of(flat_gradients(term, bench.pipeline))
    figure, axes = rows_canvas(list(norms))
    axes.barh(range(len(norms)), list(norms.values()), 0.6, color=[ARMS[1], ARMS[2]] * len(bench.arms))
    axes.set_xlabel("gradient norm, contrast weighted")
    return figure
