"""Effects with their intervals and the margin: what the verdict is read from."""

import math
from collections.abc import Mapping, Sequence

from ravine.report.drawing.rows import Interval, forest_figure
from ravine.report.look import Style
from ravine.report.measure import Measure
from ravine.report.panel import Data, Panel, Section
from ravine.report.reading.subject import Facts, Subject, decides, real

MOST, PANELS = 20, 6


def forest(subject: Subject, styles: Mapping[str, Style]) -> Section | None:
    """Return a forest of every metric's and split's comparisons, those that decide first; None where there are none."""
    groups: dict[tuple[str, str], list[Facts]] = {}
    for entry in sorted(subject.comparisons, key=lambda entry: entry.get("metric") != subject.metric.name):
        groups.setdefault((str(entry.get("metric")), str(entry.get("split"))), []).append(entry)
    if not groups:
        return None
    panels = [
        forest_of(subject, styles, subject.measure(name), split, entries)
        for (name, split), entries in list(groups.items())[:PANELS]
    ]
    words = [
        "Marks are means over paired seeds, lines their simultaneous 95 % intervals: ratios of errors, differences of "
        "shares in points. Filled: decided beforehand. Hollow: exploratory, never in the headline. The band holds "
        "what is too small to matter."
    ]
    return Section("forest", "Effects and the margin", words, panels=panels)


def forest_of(
    subject: Subject, styles: Mapping[str, Style], measure: Measure, split: str, entries: Sequence[Facts]
) -> Panel:
    """Return the forest of a metric on a split; with many arms, those decided beforehand and the best ones."""
    ranked = sorted(entries, key=lambda entry: (not decides(entry), -best(measure, entry)))
    shown = [entry for entry in entries if entry in ranked[:MOST]]
    deciding = measure is subject.metric
    ratio = measure.ratio
    figure = forest_figure(
        [interval(entry, styles, measure, str(subject.baseline)) for entry in shown],
        "ratio" if ratio else "difference in points",
        measure,
        real(entries[0].get("margin", subject.margin if deciding else None)),
    )
    rest = f" {len(shown)} of {len(entries)} comparisons are drawn; the data have all." * (len(shown) < len(entries))
    return Panel(
        f"forest-{split}" if deciding else f"forest-{split}-{measure.name}",
        f"{measure.title} against {subject.baseline}, {split}",
        f"{measure.side.capitalize()} the arm is better than {subject.baseline}.{rest}",
        "Effects with intervals. " + " ".join(str(entry.get("sentence", "")) for entry in shown),
        figure,
        Data(
            ["arm", "against", "split", "ratio" if ratio else "difference", "low", "high", "registered"], rows(entries)
        ),
    )


def best(measure: Measure, entry: Facts) -> float:
    """Return how far a comparison lies on the better side, for ordering; last where there is no effect."""
    ahead = measure.ahead(real(entry.get("effect")))
    return ahead if math.isfinite(ahead) else -math.inf


def interval(entry: Facts, styles: Mapping[str, Style], measure: Measure, baseline: str) -> Interval:
    """Return a comparison as a row of the forest; a pair without the baseline is named in full."""
    effect, low, high = (drawable(measure, real(entry.get(key))) for key in ("effect", "low", "high"))
    arm, against = str(entry.get("arm")), str(entry.get("against"))
    style = styles.get(arm, next(iter(styles.values())))
    name = arm if against == baseline else f"{arm} / {against}"
    return Interval(name, effect, low, high, words_of(measure, effect, low, high), decides(entry), style)


def words_of(measure: Measure, effect: float, low: float, high: float) -> str:
    """Return an effect and its interval, for the margin of a figure."""
    if not math.isfinite(effect):
        return "no effect"
    ends = [measure.effect_text(value).removesuffix(" points") for value in (effect, low, high)]
    return ends[0] + (f" [{ends[1]}, {ends[2]}]" if math.isfinite(low + high) else "")


def drawable(measure: Measure, value: float) -> float:
    """Return a value that the metric's axis can show; nan for any other."""
    return value if math.isfinite(value) and (value > 0 or not measure.ratio) else math.nan


def rows(entries: Sequence[Facts]) -> list[list[str | float]]:
    """Return the comparisons' figures as rows of data."""
    return [
        [
            *(str(entry.get(key)) for key in ("arm", "against", "split")),
            *(real(entry.get(key)) for key in ("effect", "low", "high")),
            "yes" if decides(entry) else "no",
        ]
        for entry in entries
    ]
