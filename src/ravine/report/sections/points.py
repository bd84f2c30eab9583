"""What a study explored along its axes: every arm's metric and its effect as curves, and as maps over two fields."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain

import numpy as np

from ravine.report.drawing.lines import Line, Scales, lines_data, lines_figure
from ravine.report.drawing.maps import cells_figure
from ravine.report.listing import rows_of_runs
from ravine.report.look import LINES, MARKERS, MUTED, Style
from ravine.report.measure import Measure
from ravine.report.panel import Data, Panel, Section, Table
from ravine.report.reading.places import Spot, spots
from ravine.report.reading.subject import Facts, Subject, mapping, real
from ravine.report.sections.ablation import brief, drawn, kind_of, scores_line
from ravine.report.sections.axes import Plane
from ravine.report.sections.errors import Counted, counted, leading
from ravine.report.sections.setup import text
from ravine.statistics.scale import Better

ARMS = 6
TRIVIAL = Style(MUTED, MARKERS[0], LINES[3])
Spots = Mapping[str, Spot]
Value = Callable[[Spot, str], float]


def explored(subject: Subject, looks: Mapping[str, Style]) -> Section | None:
    """Return curves and maps over the fields of a study's axes, and all numbers; None for a study without axes."""
    found = spots(subject)
    if not found or subject.deciding is None:
        return None
    fields = list(found[0].values)
    followers = list(mapping(mapping(subject.study.get("axes")).get("zip")))[1:]
    own = {
        spot.name: {field: spot.values[field] for field in fields if field not in followers}
        for spot in found
        if not spot.beside or len(fields) == 1
    }
    named = {spot.name: spot for spot in found}
    wide, lines = drawn(own)
    arms = leading(subject, ARMS)
    panels = chain(
        *(of_plane(subject, named, plane, arms) for plane in wide),
        *(of_axis(subject, named, axis.field, axis.arms, looks, arms) for axis in lines),
    )
    words = [
        f"Arms at other values of {', '.join(f'`{field}`' for field in fields)}. Exploratory: the verdict rests on the "
        "study's own run alone, and intervals here are corrected for neither arms nor points. Bands of scores are two "
        "standard errors over seeds, those of effects 95 % intervals.",
    ]
    if followers:
        words.append(f"With the first of the fields that change together goes {', '.join(followers)}.")
    tables = [every_point(subject, found), every_run(found)]
    return Section("points", "Along the axes", words, tables, list(panels))


def score(subject: Subject, spot: Spot, arm: str) -> Counted:
    """Return an arm's scores at a point, by the metric and on the split that decide."""
    return counted(spot.subject, subject.metric, spot.subject.by_arm.get(arm, []), str(subject.deciding))


def effect(subject: Subject, spot: Spot, arm: str) -> Facts:
    """Return an arm's comparison with the baseline at a point; an empty one where there is none."""
    asked = {"arm": arm, "against": subject.baseline, "split": subject.deciding, "metric": subject.metric.name}
    entries = spot.subject.comparisons
    return next((entry for entry in entries if all(entry.get(key) == value for key, value in asked.items())), {})


def of_axis(
    subject: Subject,
    named: Spots,
    field: str,
    along: Mapping[float, str],
    looks: Mapping[str, Style],
    arms: Sequence[str],
) -> Iterator[Panel]:
    """Yield the metric along one field, a line for each arm with the best trivial rule below, and the arms' effects."""
    measure, name = subject.metric, brief(field)
    places = {value: named[point] for value, point in along.items()}
    scored = [
        scores_line(measure, [(x, score(subject, spot, arm)) for x, spot in places.items()], arm, looks[arm])
        for arm in arms
    ]
    lines = [line for line in (*scored, trivial_line(subject, places)) if line is not None]
    if lines:
        yield Panel(
            f"points-{field}",
            f"{measure.title} by {name}",
            f"{measure.direction} The dotted line is the best trivial rule.",
            f"{measure.title} on {subject.deciding} by {field}: {ends(lines, measure)}.",
            lines_figure(lines, Scales(name, measure.label, kind_of(lines[0].x), measure.axis)),
            lines_data(lines, field, measure.name),
        )
    found = [effect_line(subject, places, arm, looks[arm]) for arm in arms if arm != subject.baseline]
    if effects := [line for line in found if line is not None]:
        yield Panel(
            f"points-effect-{field}",
            f"Effect against {subject.baseline} by {name}",
            f"Better is {measure.side}: no difference is {measure.scale.neutral:g}.",
            f"Effects on {measure.label} by {field}, a line for each arm.",
            lines_figure(
                effects, Scales(name, f"effect on {measure.label}", kind_of(effects[0].x), measure.effect_axis)
            ),
            lines_data(effects, field, "effect"),
        )


def ends(lines: Sequence[Line], measure: Measure) -> str:
    """Return where lines begin and end, in words."""
    return ", ".join(
        f"{line.name} {measure.text(float(line.y[0]))} to {measure.text(float(line.y[-1]))}" for line in lines
    )


def trivial_line(subject: Subject, places: Mapping[float, Spot]) -> Line | None:
    """Return the best trivial rule at every point; None where none was measured."""
    split = str(subject.deciding)
    best = {x: spot.subject.best_trivial(split, subject.metric) for x, spot in places.items()}
    known = {x: rule[1] for x, rule in best.items() if rule is not None and (rule[1] > 0 or not subject.metric.ratio)}
    return Line("best trivial", np.array(list(known)), np.array(list(known.values())), TRIVIAL) if known else None


def effect_line(subject: Subject, places: Mapping[float, Spot], arm: str, style: Style) -> Line | None:
    """Return an arm's effects along one field, with their intervals; None where there are none."""
    rows = [(x, *numbers_of(effect(subject, spot, arm))) for x, spot in places.items()]
    known = [row for row in rows if np.isfinite(row[1])]
    if not known:
        return None
    x, y, low, high = np.array(known).T
    return Line(arm, x, y, style, low, high)


def numbers_of(entry: Facts) -> tuple[float, float, float]:
    """Return a comparison's effect and the ends of its interval, which are the effect where it has none."""
    value, low, high = (real(entry.get(key)) for key in ("effect", "low", "high"))
    return value, *((low, high) if np.isfinite(low + high) else (value, value))


def of_plane(subject: Subject, named: Spots, plane: Plane, arms: Sequence[str]) -> Iterator[Panel]:
    """Yield every arm's metric over two fields, and every arm's effect, as shaded cells."""
    measure = subject.metric
    better: Better = "lower" if measure.ahead(0.0) > measure.ahead(1.0) else "higher"
    effects = Measure("effect", f"effect on {measure.label}", better, measure.scale_name, 0.0)
    drawn: list[tuple[str, str, Measure, Value]] = [
        (arm, measure.label, measure, lambda spot, arm: score(subject, spot, arm).mean) for arm in arms
    ]
    drawn += [
        (
            arm,
            f"effect against {subject.baseline}",
            effects,
            lambda spot, arm: real(effect(subject, spot, arm).get("effect")),
        )
        for arm in arms
        if arm != subject.baseline
    ]
    for arm, what, by, value in drawn:
        values = {point: value(named[name], arm) for point, name in plane.arms.items()}
        if not np.isfinite(list(values.values())).any():
            continue
        across, up = map(brief, plane.fields)
        yield Panel(
            f"points-{by.name}-{arm}-{'-'.join(plane.fields)}",
            f"{arm}: {what}",
            "Means over seeds; within a map dark is better.",
            f"{what} of {arm} on {subject.deciding} by {across} and {up}, a cell for each of {len(values)} points.",
            cells_figure(values, (across, up), by),
            Data([*plane.fields, "arm", by.name], [[x, y, arm, v] for (x, y), v in values.items()]),
            group=f"{across} and {up}",
        )


def every_point(subject: Subject, found: Sequence[Spot]) -> Table:
    """Return the scores and effects of every arm at every point."""
    measure, fields = subject.metric, list(found[0].values)
    header = [*fields, "arm", "runs", f"{subject.deciding} {measure.label}", "± seeds", "effect", "interval"]
    rows = []
    for spot in found:
        for arm, runs in spot.subject.by_arm.items():
            held, compared = score(subject, spot, arm), effect(subject, spot, arm)
            value, low, high = (real(compared.get(key)) for key in ("effect", "low", "high"))
            interval = measure.scale.interval(low, high) if np.isfinite(low + high) else "—"
            numbers = [measure.text(held.mean), measure.spread_text(held.values), measure.effect_text(value), interval]
            rows.append([*map(text, spot.values.values()), arm, f"{held.values.size} of {len(runs)}", *numbers])
    return Table(f"Every point ({len(found)})", header, rows, folded=len(rows) > 30, data=Data(header, rows))


def every_run(found: Sequence[Spot]) -> Table:
    """Return every run at every point in a table that opens on demand; points may have other splits and metrics."""
    made = [(spot, *rows_of_runs(spot.subject)) for spot in found]
    fields = list(found[0].values)
    columns = list(dict.fromkeys(name for _, header, _ in made for name in numbered(header)))
    rows = []
    for spot, header, entries in made:
        for entry in entries:
            cells = dict(zip(numbered(header), entry, strict=True))
            rows.append([*map(text, spot.values.values()), *(cells.get(name, "—") for name in columns)])
    header = [*fields, *(name.partition("#")[0] for name in columns)]
    return Table(f"Every run at every point ({len(rows)})", header, rows, folded=True, data=Data(header, rows))


def numbered(header: Sequence[str]) -> list[str]:
    """Return a header's titles, those that are there before with their number."""
    return [
        f"{name}#{header[:index].count(name)}" if name in header[:index] else name for index, name in enumerate(header)
    ]
