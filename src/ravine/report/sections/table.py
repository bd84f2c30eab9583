"""The table of arms beside the trivial baselines, the comparisons, and every run."""

import math
from collections.abc import Sequence

import numpy as np

from ravine.report.listing import COSTS, rows_of_runs
from ravine.report.markdown import number
from ravine.report.measure import Measure
from ravine.report.panel import Data, Section, Table
from ravine.report.reading.subject import ENDED, Facts, Run, Subject, decides, mapping, real
from ravine.report.sections.errors import DIVERGED, counted


def tables(subject: Subject) -> Section:
    """Return scores by arm with the baselines, then the comparisons, then every run."""
    parts = [by_arm(subject, subject.metric)]
    parts += [by_arm(subject, measure) for measure in subject.others if scored(subject, measure)]
    if subject.comparisons:
        parts.append(compared(subject))
    if len(subject.runs) > 1:
        parts.append(every_run(subject))
    words = [
        "Skill is the part of the way from the best trivial baseline to perfect: 0 is no better than a trivial rule. "
        "An arm's score is the mean over its seeds, of errors the geometric one, ± one standard deviation; runs count "
        f"that {subject.metric.scale.capped(subject.rule)}. Those for reference know the task and are no rules to beat."
    ]
    if not mapping(subject.results.get("baselines")):
        words.append("No trivial baseline was measured here, so these scores say little by themselves.")
    return Section("scores", "Scores beside the trivial baselines", words, parts)


def scored(subject: Subject, measure: Measure) -> bool:
    """Return whether any run has a value of a metric."""
    return any(math.isfinite(run.value(split, measure.name)) for run in subject.runs for split in run.splits)


def by_arm(subject: Subject, measure: Measure) -> Table:
    """Return every arm's scores on every split, with the baselines below; what they cost beside the deciding ones."""
    first = measure is subject.metric
    header = ["arm", "runs"] if first else ["arm"]
    header += [f"{split} {what}" for split in subject.splits for what in (measure.label, "± seeds", "skill")]
    header += ["train s", *COSTS] if first else []
    rows = [arm_row(subject, measure, arm, runs) for arm, runs in subject.by_arm.items()]
    marked = frozenset(range(len(rows)))
    for name in mapping(subject.results.get("baselines")):
        cells = [cell for split in subject.splits for cell in baseline_cells(subject, measure, name, split)]
        if first or any(cell[0].isdigit() for cell in cells if cell):
            rows.append([name, *[""] * first, *cells, *[""] * (1 + len(COSTS)) * first])
    title = "Arms and baselines" if first else f"Arms and baselines: {measure.label}"
    return Table(title, header, rows, folded=not first, data=Data(header, rows), marked=marked)


def arm_row(subject: Subject, measure: Measure, arm: str, runs: Sequence[Run]) -> list[str]:
    """Return one arm's row."""
    cells = []
    for split in subject.splits:
        found = counted(subject, measure, runs, split)
        skill = subject.skill(found.mean, split, measure)
        cells += [measure.text(found.mean), measure.spread_text(found.values), as_skill(skill)]
    if measure is not subject.metric:
        return [arm, *cells]
    ended, wild = (sum(run.status == state for run in runs) for state in (ENDED, DIVERGED))
    count = f"{ended} of {len(runs)}" + (f", {wild} diverged" if wild else "")
    costs = [mean_of(runs, key) for key in ("train_seconds", *COSTS.values())]
    return [arm, count, *cells, *map(shown, costs)]


def as_skill(value: float | None) -> str:
    """Return a skill to three decimals, or to as many as tell it from 1."""
    if value is None or not -10 < value < 1:
        return number(value)
    return f"{value:.3f}" if 1 - value > 0.002 else f"{value:.6f}"


def shown(value: float) -> str:
    """Return a number, or a dash where there is none."""
    return number(value if math.isfinite(value) else None)


def mean_of(runs: Sequence[Run], key: str) -> float:
    """Return the mean of a cost over the runs that have it."""
    values = np.array([real(run.facts.get(key)) for run in runs])
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else math.nan


def baseline_cells(subject: Subject, measure: Measure, name: str, split: str) -> list[str]:
    """Return one baseline's three cells on a split."""
    entry = mapping(mapping(mapping(subject.results["baselines"]).get(name)).get(split))
    value = subject.baselines(split, measure).get(name)
    return [measure.text(value), "", "trivial" if entry.get("trivial") else "reference"]


def compared(subject: Subject) -> Table:
    """Return every comparison in figures."""
    several = len({str(entry.get("metric")) for entry in subject.comparisons}) > 1
    header = ["arm", "against", "split", *["metric"] * several, "effect", "interval", "verdict", "decides"]
    header += ["p", "seeds", "diverged"]
    adjusted = any(real(entry.get("q")) == real(entry.get("q")) for entry in subject.comparisons)
    if adjusted:
        header.insert(header.index("p") + 1, "q")
    rows = [comparison_row(subject, entry, several, adjusted) for entry in subject.comparisons]
    return Table("Comparisons", header, rows, data=Data(header, rows))


def comparison_row(subject: Subject, entry: Facts, several: bool, adjusted: bool) -> list[str]:
    """Return one comparison's row; with its metric where there are several, with its q where any was adjusted."""
    measure = subject.measure(entry.get("metric"))
    effect, low, high = (measure.effect_text(real(entry.get(key))) for key in ("effect", "low", "high"))
    effects = [effect, "—" if "—" in {low, high} else measure.scale.interval(real(entry["low"]), real(entry["high"]))]
    chances = [shown(real(entry.get(key))) for key in (("p", "q") if adjusted else ("p",))]
    wild = entry.get("diverged")
    diverged = " / ".join(map(str, wild)) if isinstance(wild, list) else "—"
    beforehand = "yes" if decides(entry) else "no"
    who = [*(str(entry.get(key, "—")) for key in ("arm", "against", "split")), *[measure.label] * several]
    verdict = str(entry.get("verdict") or "—")
    return [*who, *effects, verdict, beforehand, *chances, str(entry.get("seeds", "—")), diverged]


def every_run(subject: Subject) -> Table:
    """Return every run in a table that opens on demand."""
    header, rows = rows_of_runs(subject)
    return Table(f"Every run ({len(rows)})", header, rows, folded=True, data=Data(header, rows))
