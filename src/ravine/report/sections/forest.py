"""Ratios of errors with their intervals and the margin: what the verdict is read from."""

import math
from collections.abc import Mapping, Sequence

from ravine.report.drawing.rows import Interval, forest_figure
from ravine.report.look import Style
from ravine.report.panel import Data, Panel, Section
from ravine.report.reading.subject import Facts, Subject, decides, real

MOST, SPLITS = 20, 3


def forest(subject: Subject, styles: Mapping[str, Style]) -> Section | None:
    """Return a forest of every split's comparisons; None where there are none."""
    splits = list(dict.fromkeys(str(entry.get("split")) for entry in subject.comparisons))
    if not splits:
        return None
    panels = [forest_of(subject, styles, split) for split in splits[:SPLITS]]
    words = [
        "Marks are ratios over paired seeds, lines their simultaneous 95 % intervals. Filled: decided "
        "beforehand. Hollow: exploratory, never in the headline. The band holds what is too small to matter."
    ]
    return Section("forest", "Ratios and the margin", words, panels=panels)


def forest_of(subject: Subject, styles: Mapping[str, Style], split: str) -> Panel:
    """Return the forest of one split; with many arms, those decided beforehand and the least ratios."""
    entries = [entry for entry in subject.comparisons if str(entry.get("split")) == split]
    ranked = sorted(entries, key=lambda entry: (not decides(entry), least(entry)))
    shown = [entry for entry in entries if entry in ranked[:MOST]]
    figure = forest_figure(
        [interval(entry, styles, str(subject.baseline)) for entry in shown],
        f"ratio of errors on {split}",
        subject.margin,
    )
    left_out = (
        f" {len(shown)} of {len(entries)} comparisons are drawn; the data have all."
        if len(shown) < len(entries)
        else ""
    )
    return Panel(
        f"forest-{split}",
        f"Ratio to {subject.baseline}, {split}",
        f"Left of 1 the arm is better than {subject.baseline}.{left_out}",
        "Ratios with intervals. " + " ".join(str(entry.get("sentence", "")) for entry in shown),
        figure,
        Data(["arm", "against", "split", "ratio", "low", "high", "registered"], rows(entries)),
    )


def least(entry: Facts) -> float:
    """Return a comparison's ratio for ordering, last where there is none."""
    ratio = real(entry.get("ratio"))
    return ratio if math.isfinite(ratio) else math.inf


def interval(entry: Facts, styles: Mapping[str, Style], baseline: str) -> Interval:
    """Return a comparison as a row of the forest; a pair without the baseline is named in full."""
    ratio, low, high = (positive(real(entry.get(key))) for key in ("ratio", "low", "high"))
    arm, against = str(entry.get("arm")), str(entry.get("against"))
    style = styles.get(arm, next(iter(styles.values())))
    return Interval(arm if against == baseline else f"{arm} / {against}", ratio, low, high, decides(entry), style)


def positive(value: float) -> float:
    """Return a value that a logarithmic axis can show; nan for any other."""
    return value if value > 0 and math.isfinite(value) else math.nan


def rows(entries: Sequence[Facts]) -> list[list[str | float]]:
    """Return the comparisons' figures as rows of data."""
    return [
        [
            *(str(entry.get(key)) for key in ("arm", "against", "split")),
            *(real(entry.get(key)) for key in ("ratio", "low", "high")),
            "yes" if decides(entry) else "no",
        ]
        for entry in entries
    ]
