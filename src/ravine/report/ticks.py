"""Few, round, readable ticks: on logarithmic axes, for decades as for a few per cent, and on linear ones of shares."""

import math
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullLocator
from numpy.typing import NDArray

from ravine.report.look import FONT, LETTER, POINTS, Kind

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
LEAST, GREATEST = -700.0, 700.0
"""Logarithms beyond which an axis does not reach."""
LEAST_ROOM = 1e-3
"""Part of the values by which an axis goes beyond them at least: rounding is no shape, and fills no axis."""
MANTISSAS = ((1, 2, 5), (1, 3), (1,))


def tick_label(value: float) -> str:
    """Return a tick's label: plain between .001 and 100,000, a power of ten elsewhere."""
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return f"{value:.10g}"
    exponent = math.floor(math.log10(abs(value)) + 1e-9)
    mantissa = f"{value / 10.0**exponent:.6g}"
    power = f"10{str(exponent).translate(SUPERSCRIPT)}"
    return power if mantissa == "1" else f"{mantissa}·{power}"


def log_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return at most `most` + 1 round values between two positive ones."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for mantissas in MANTISSAS:
        found = inside((m * 10.0**e for e in range(first, last + 1) for m in mantissas), low, high)
        if 3 <= len(found) <= most:
            return found
    decades = inside((10.0**e for e in range(first, last + 1)), low, high)
    if len(decades) > most:
        step = math.ceil(len(decades) / most)
        # Multiples of the step, so that 1 is among them wherever the axis begins.
        return inside((10.0**e for e in range(first, last + 1) if e % step == 0), low, high)
    if len(decades) >= 3:
        return decades
    for count in (most, 2 * most):
        found = inside(MaxNLocator(count, steps=[1, 2, 5, 10]).tick_values(low, high), low, high)
        if len(found) >= 3:
            break
    return found


def fitting(low: float, high: float, most: int, width: float) -> list[float]:
    """Return ticks as `log_ticks` does, as many as have labels that do not meet on an axis of `width` inches."""
    for count in range(most, 1, -1):
        ticks = log_ticks(low, high, count)
        centres = [math.log(tick / low) / math.log(high / low) * width for tick in ticks]
        halves = [(len(tick_label(tick)) + 1) * LETTER * FONT / POINTS / 2 for tick in ticks]
        gaps = zip(pairwise(centres), pairwise(halves), strict=True)
        if ticks and all(right - left >= sum(half) for (left, right), half in gaps):
            return ticks
    return ticks[:1]


def inside(values: Iterable[float], low: float, high: float) -> list[float]:
    """Return the values from `low` to `high`, rounding forgiven."""
    return [float(value) for value in values if low * (1 - 1e-9) <= value <= high * (1 + 1e-9)]


def logarithmic(axes: Axes, which: str, values: NDArray[np.float64], pad: float = 0.08, most: int = 6) -> bool:
    """Make the axis "x" or "y" logarithmic over the positive ones of `values`; leave it linear if there are none."""
    drawn = values[np.isfinite(values) & (values > 0)]
    if not drawn.size:
        return False
    low, high = float(drawn.min()), float(drawn.max())
    # In logarithms, since the quotient of two errors may be too large for a number.
    room = max(pad * (math.log(high) - math.log(low)), LEAST_ROOM if low < high else math.log(1.1))
    low, high = math.exp(max(math.log(low) - room, LEAST)), math.exp(min(math.log(high) + room, GREATEST))
    axis = axes.xaxis if which == "x" else axes.yaxis
    (axes.set_xscale if which == "x" else axes.set_yscale)("log")
    (axes.set_xlim if which == "x" else axes.set_ylim)(low, high)
    across = axes.bbox.width / axes.figure.dpi
    ticks = fitting(low, high, most, across) if which == "x" else log_ticks(low, high, most)
    axis.set_minor_locator(NullLocator())
    axis.set_ticks(ticks, [tick_label(tick) for tick in ticks])
    return True


def linear(axes: Axes, which: str, most: int = 5, kind: Kind = "linear") -> None:
    """Give a linear axis few, plainly labelled ticks."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 5, 10] if kind == "linear" else [1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(lambda value, position: linear_label(value, kind))


def linear_label(value: float, kind: Kind) -> str:
    """Return a tick's label on a linear axis; no share has one that lies outside 0 to 100 %."""
    hundredth = round(100 * value, 6) + 0.0
    if kind == "percent":
        return f"{hundredth:.6g} %" if 0 <= hundredth <= 100 else ""
    if kind == "points":
        return f"{hundredth:+.6g}" if hundredth else "0"
    return tick_label(value)


def scaled(axes: Axes, which: str, kind: Kind, values: NDArray[np.float64], pad: float = 0.05, most: int = 5) -> None:
    """Scale the axis "x" or "y" to hold `values`; a logarithmic one is linear where a value is not above 0."""
    known = values[np.isfinite(values)]
    if kind == "log" and (known > 0).all() and logarithmic(axes, which, known, pad, most):
        return
    linear(axes, which, most, kind)
    if known.size:
        low, high = float(known.min()), float(known.max())
        least = 1e-3 if kind in {"percent", "points"} else max(LEAST_ROOM * max(abs(low), abs(high)), 1e-12)
        room = max(pad * (high - low), least)
        (axes.set_xlim if which == "x" else axes.set_ylim)(low - room, high + room)
