"""The table of arms beside the trivial baselines, the comparisons, and every run."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ravine.report.markdown import number, rows_of_runs
from ravine.report.panel import Data, Section, Table
from ravine.report.reading.subject import ENDED, Facts, Run, Subject, decides, mapping, real
from ravine.report.sections.errors import DIVERGED, Counted, counted
from ravine.statistics import brief
from ravine.studies.pairing import CAPPED


def tables(subject: Subject) -> Section:
    """Return scores by arm with the baselines, then the comparisons, then every run."""
    parts = [by_arm(subject)]
    if subject.comparisons:
        parts.append(compared(subject))
    if len(subject.runs) > 1:
        parts.append(every_run(subject))
    words = [
        "Skill is 1 - MSE / MSE of the best trivial baseline: 0 is no better than, say, least squares. "
        "An arm's MSE is the geometric mean over its seeds, ± one standard deviation; runs count that "
        f"{CAPPED[subject.rule]}. Exact methods know the task and are no predictors to beat."
    ]
    if not mapping(subject.results.get("baselines")):
        words.append("No trivial baseline was measured here, so these errors say little by themselves.")
    return Section("scores", "Scores beside the trivial baselines", words, parts)


def by_arm(subject: Subject) -> Table:
    """Return every arm's scores on every split and what they cost, with the baselines below."""
    header = ["arm", "runs"]
    header += [f"{split} {what}" for split in subject.splits for what in ("MSE", "± seeds", "skill")]
    header += ["train s", "evaluations"]
    rows = [arm_row(subject, arm, runs) for arm, runs in subject.by_arm.items()]
    marked = frozenset(range(len(rows)))
    for name in mapping(subject.results.get("baselines")):
        cells = [cell for split in subject.splits for cell in baseline_cells(subject, name, split)]
        rows.append([name, "", *cells, "", ""])
    data = Data(header, rows)
    return Table("Arms and baselines", header, rows, data=data, marked=marked)


def arm_row(subject: Subject, arm: str, runs: Sequence[Run]) -> list[str]:
    """Return one arm's row."""
    ended, wild = (sum(run.status == state for run in runs) for state in (ENDED, DIVERGED))
    count = f"{ended} of {len(runs)}" + (f", {wild} diverged" if wild else "")
    cells = []
    for split in subject.splits:
        found = counted(subject, runs, split)
        best = subject.best_trivial(split)
        skill = 1 - found.mean / best[1] if best and best[1] > 1e-12 else math.nan
        cells += [shown(found.mean), spread(found), as_skill(skill)]
    costs = [mean_of(runs, key) for key in ("train_seconds", "energy_evaluations")]
    return [arm, count, *cells, *map(shown, costs)]


def as_skill(value: float) -> str:
    """Return a skill to three decimals, or to as many as tell it from 1."""
    if not -10 < value < 1:
        return shown(value)
    return f"{value:.3f}" if 1 - value > 0.002 else f"{value:.6f}"


def spread(found: Counted) -> str:
    """Return one standard deviation of an arm's errors over seeds, as a part of their mean."""
    if found.values.size < 2 or not found.mean > 0:
        return ""
    return f"{brief(100 * math.expm1(float(np.log(found.values).std(ddof=1))))} %"


def shown(value: float) -> str:
    """Return a number, or a dash where there is none."""
    return number(value if math.isfinite(value) else None)


def mean_of(runs: Sequence[Run], key: str) -> float:
    """Return the mean of a cost over the runs that have it."""
    values = np.array([real(run.facts.get(key)) for run in runs])
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else math.nan


def baseline_cells(subject: Subject, name: str, split: str) -> list[str]:
    """Return one baseline's three cells on a split."""
    entry = mapping(mapping(mapping(subject.results["baselines"]).get(name)).get(split))
    return [shown(real(entry.get("mse"))), "", "trivial" if entry.get("trivial") else "exact"]


def compared(subject: Subject) -> Table:
    """Return every comparison in figures."""
    header = ["arm", "against", "split", "ratio", "low", "high", "p", "seeds", "diverged", "registered", "verdict"]
    adjusted = any(real(entry.get("q")) == real(entry.get("q")) for entry in subject.comparisons)
    if adjusted:
        header.insert(7, "q")
    rows = [comparison_row(entry, adjusted) for entry in subject.comparisons]
    return Table("Comparisons", header, rows, data=Data(header, rows))


def comparison_row(entry: Facts, adjusted: bool) -> list[str]:
    """Return one comparison's row."""
    ratios = [
        "—" if math.isnan(real(entry.get(key))) else brief(real(entry.get(key))) for key in ("ratio", "low", "high")
    ]
    chances = [shown(real(entry.get(key))) for key in (("p", "q") if adjusted else ("p",))]
    wild = entry.get("diverged")
    diverged = " / ".join(map(str, wild)) if isinstance(wild, list) else "—"
    beforehand = "yes" if decides(entry) else "no"
    who = [str(entry.get(key, "—")) for key in ("arm", "against", "split")]
    verdict = str(entry.get("verdict") or "—")
    return [*who, *ratios, *chances, str(entry.get("seeds", "—")), diverged, beforehand, verdict]


def every_run(subject: Subject) -> Table:
    """Return every run in a table that opens on demand."""
    entries: dict[str, Any] = {
        arm: {"runs": [{**run.facts, "seed": run.seed, "status": run.status, "splits": run.splits} for run in runs]}
        for arm, runs in subject.by_arm.items()
    }
    header, rows = rows_of_runs({"splits": {split: {} for split in subject.splits}, "arms": entries})
    return Table(f"Every run ({len(rows)})", header, rows, folded=True, data=Data(header, rows))
