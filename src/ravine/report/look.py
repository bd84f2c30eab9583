"""One look for every figure: colours that the page exchanges for its own; a colour, marker and line for each arm."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["log", "linear", "percent", "points"]
"""An axis; `percent`: shares, written times 100; `points`: differences of shares, written so with their sign."""
INK, MUTED, GRID, BAND, PAPER = "#1c2127", "#69707a", "#dcdfe4", "#f1ead8", "#fefefd"
ARMS = ("#59626e", "#0072b2", "#c24c08", "#00835f", "#b0508a", "#8a6100", "#5a55c9", "#80502e")
"""The first is the baseline arm's; none means anything by colour alone."""
DARK_ARMS = ("#b3bcc8", "#66b3ee", "#ff9559", "#40d0a5", "#eaa3cd", "#f0c04f", "#aca8ff", "#d6a682")
VARIABLES: Mapping[str, str] = {
    INK: "--ink",
    MUTED: "--muted",
    GRID: "--grid",
    BAND: "--band",
    PAPER: "--paper",
    **{colour: f"--arm-{index}" for index, colour in enumerate(ARMS)},
}
"""Colour in a figure -> the page's variable that takes its place, so that light and dark both read well."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "h")
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1)), (0, (3, 1)), (0, (1, 1)), (0, (8, 2)))
POINTS = 72.0
LETTER = 0.58
"""Width of a letter over the size of its font, about."""
FONT = 10.0
"""Points of text in figures of `WIDTH`."""
WIDTH = 4.6
"""Inches across of a figure that fills a phone's screen or half a desk's."""
SMALL = 3.7
LABEL = 22
"""Letters of an arm's name that a figure shows."""


@dataclass(frozen=True)
class Style:
    """How an arm is drawn."""

    colour: str
    marker: str
    line: str | tuple[int, tuple[int, ...]]


def styles(arms: Iterable[str], baseline: str | None) -> dict[str, Style]:
    """Return a style for every arm; the baseline arm's is the neutral one, and from the ninth arm on they repeat."""
    result: dict[str, Style] = {}
    index = 0
    for arm in dict.fromkeys(arms):
        if arm == baseline:
            place = 0
        else:
            index += 1
            place = 1 + (index - 1) % (len(ARMS) - 1)
        # Markers and lines go on where colours repeat, so that names stay apart a little longer.
        shift = (index - 1) // (len(ARMS) - 1) if arm != baseline else 0
        result[arm] = Style(ARMS[place], MARKERS[(place + shift) % len(MARKERS)], LINES[(place + shift) % len(LINES)])
    return result


def short(name: str, letters: int = LABEL) -> str:
    """Return a name that fits a figure's margin."""
    return name if len(name) <= letters else name[: letters - 1] + "…"
