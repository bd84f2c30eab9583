"""Figures for people and papers, drawn with matplotlib and saved as PNG."""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from numpy.typing import NDArray

# Okabe and Ito's palette and a marker each: told apart without colour too.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = ("o", "s", "^", "D", "v", "P")
LINES = ("-", "--", "-.", ":")
DPI = 150
Rows = Sequence[Mapping[str, Any]]


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, to the name given."""
    with mpl.rc_context({"font.size": 10}):
        figure.savefig(path, dpi=DPI, format="png")


def style(axes: Axes, title: str, across: str, up: str) -> None:
    """Give axes a title, labels and a light look."""
    axes.set(title=title, xlabel=across, ylabel=up)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)


def logarithmic(axes: Axes) -> None:
    """Make the vertical axis logarithmic, if anything drawn is above 0."""
    drawn = [np.asarray(line.get_ydata(), dtype=float) for line in axes.lines]
    if any((values > 0).any() for values in drawn):
        axes.set_yscale("log")


def legend(axes: Axes, **look: Any) -> None:
    """Add a legend, if there is anything to name."""
    if axes.get_legend_handles_labels()[0]:
        axes.legend(framealpha=0.9, edgecolor="none", **look)


def training_curves(arms: Mapping[str, Sequence[Rows]]) -> Figure:
    """Draw every run's denoising loss and energy gap over steps; `arms`: name -> the logged rows of each run."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for index, (arm, runs) in enumerate(arms.items()):
        for number, rows in enumerate(runs):
            logged = [row for row in rows if "denoise" in row]
            steps = [row["step"] for row in logged]
            look: dict[str, Any] = {"color": COLOURS[index % len(COLOURS)], "ls": LINES[index % len(LINES)], "lw": 1.1}
            look["label"] = arm if number == 0 else None
            left.plot(steps, [row["denoise"] for row in logged], **look)
            mined = [row for row in logged if row["arms"]]
            if mined:
                gaps = [mean_gap(row["arms"].values()) for row in mined]
                right.plot([row["step"] for row in mined], gaps, **look)
    logarithmic(left)
    style(left, "Denoising loss", "optimiser step", "mean |∇E - ε|²")
    style(right, "Energy of negatives above right answers", "optimiser step", "E(neg) - E(pos)")
    right.set_yscale("symlog")
    legend(left)
    return figure


def mean_gap(arms: Iterable[Mapping[str, float | None]]) -> float:
    """Return the mean gap of a step's arms by their shares; nan where one is not finite, which JSON has as null."""
    gaps = [(arm["share"], arm["gap"]) for arm in arms]
    return sum(math.nan if gap is None or share is None else share * gap for share, gap in gaps)


def errors_by_seed(results: Mapping[str, Any]) -> Figure:
    """Draw every run's mean squared error by arm and split, seeds joined, with the baselines as lines."""
    splits = list(results["splits"])
    figure = Figure(figsize=(4.8 * len(splits), 3.8), layout="constrained")
    for axes, split in zip(np.atleast_1d(figure.subplots(1, len(splits))), splits, strict=True):
        draw_errors(axes, results, split)
    return figure


def draw_errors(axes: Axes, results: Mapping[str, Any], split: str) -> None:
    """Draw one split's errors by arm, a marker a seed, and its trivial baselines."""
    arms = list(results["arms"])
    seeds = sorted({run["seed"] for entry in results["arms"].values() for run in entry["runs"]})
    for index, seed in enumerate(seeds):
        by_arm = {
            arm: run["splits"][split]["mse"]
            for arm, entry in results["arms"].items()
            for run in entry["runs"]
            if run["seed"] == seed and split in run["splits"]
        }
        at = [arms.index(arm) for arm in by_arm]
        look: dict[str, Any] = {"color": COLOURS[index % len(COLOURS)], "marker": MARKERS[index % len(MARKERS)]}
        axes.plot(at, list(by_arm.values()), lw=0.8, ms=6, alpha=0.85, label=f"seed {seed}", **look)
    for index, (name, entry) in enumerate(results["baselines"].items()):
        if entry[split]["trivial"] and entry[split]["mse"] > 0:
            axes.axhline(entry[split]["mse"], color="0.35", lw=1, ls=LINES[index % len(LINES)])
            place = (1, entry[split]["mse"])
            axes.annotate(name, place, xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=8)
    axes.set_xticks(range(len(arms)), arms)
    axes.set_xlim(-0.5, len(arms) - 0.25)
    logarithmic(axes)
    style(axes, f"Mean squared error, {split}", "arm", "MSE")
    legend(axes, fontsize=8, loc="best")


def answer_forming(
    errors: NDArray[np.floating[Any]], energies: NDArray[np.floating[Any]], means: NDArray[np.floating[Any]]
) -> Figure:
    """Draw one problem's answer forming.

    `errors`: |answer - right| after each landscape, (K, n, n), the smoothest first; `energies`: along each descent,
    (K, points); `means`: the mean squared error after each landscape, (K,).
    """
    landscapes = len(errors)
    columns = min(landscapes, 5)
    rows = -(-landscapes // columns)
    figure = Figure(figsize=(2.1 * columns, 2.1 * rows + 2.8), layout="constrained")
    top, bottom = figure.subfigures(2, 1, height_ratios=[2.1 * rows, 2.8], squeeze=False)[:, 0]
    top.suptitle("|answer - exact inverse| after each landscape")
    # Logarithmic, since the last landscapes' errors would be black beside the first one's.
    largest = max(float(errors.max()), 1e-12) if np.isfinite(errors).any() else 1.0
    shades = LogNorm(max(largest * 1e-5, float(np.nanmin(errors, initial=largest))), largest * 1.001)
    grid = np.atleast_1d(top.subplots(rows, columns)).ravel()
    for index, axes in enumerate(grid):
        axes.axis("off")
        if index < landscapes:
            picture = axes.imshow(errors[index], cmap="magma", norm=shades)
            axes.set_title(f"k = {landscapes - 1 - index}", fontsize=9)
    top.colorbar(picture, ax=list(grid), shrink=0.8)
    left, right = bottom.subplots(1, 2)
    points = np.arange(energies.size).reshape(energies.shape)
    left.plot(points.T, energies.T, color=COLOURS[0], lw=1.2, marker=".", ms=3)
    logarithmic(left)
    style(left, "Energy along each landscape's descent", "point, smoothest landscape first", "E")
    right.plot(range(landscapes - 1, -1, -1), means, color=COLOURS[1], marker="o", lw=1.2)
    logarithmic(right)
    right.invert_xaxis()
    style(right, "Error along the landscapes", "landscape k", "MSE")
    return figure
