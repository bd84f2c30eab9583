"""A study in a terminal: arms beside baselines, what was registered, and the outcome in a sentence."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from ravine.report.listing import columns
from ravine.report.markdown import number
from ravine.report.reading.subject import ENDED, Subject, decides, mapping, real
from ravine.report.sections.errors import counted
from ravine.report.sections.table import mean_of, shown


def rows_of_arms(subject: Subject) -> tuple[list[str], list[list[str]]]:
    """Return header and rows of the table of arms: mean scores by what is registered, with the baselines below."""
    also = {*mapping(subject.results.get("registration")).get("also", ())}
    asked = [
        (measure, split) for measure, split in columns(subject) if measure is subject.metric or measure.name in also
    ]
    header = ["arm", "runs", *(f"{split} {measure.label}" for measure, split in asked)]
    skills = [split for measure, split in asked if measure is subject.metric]
    header += [*(f"{split} skill" for split in skills), "train s"]
    rows = []
    for arm, runs in subject.by_arm.items():
        ended = sum(run.status == ENDED for run in runs)
        means = {(m.name, split): counted(subject, m, runs, split).mean for m, split in asked}
        scores = [measure.text(means[measure.name, split]) for measure, split in asked]
        scores += [number(subject.skill(means[subject.metric.name, split], split, subject.metric)) for split in skills]
        rows.append([arm, f"{ended} of {len(runs)}", *scores, shown(mean_of(runs, "train_seconds"))])
    for name, splits in mapping(subject.results.get("baselines")).items():
        known = [subject.baselines(split, measure).get(name) for measure, split in asked]
        told = ["trivial" if mapping(splits.get(split)).get("trivial") else "reference" for split in skills]
        rows.append([name, "", *(m.text(value) for (m, _), value in zip(asked, known, strict=True)), *told, ""])
    return header, rows


def rows_of_registered(subject: Subject) -> tuple[list[str], list[list[str]]]:
    """Return header and rows of the table of registered comparisons."""
    decided = [entry for entry in subject.comparisons if decides(entry)]
    several = len({entry["metric"] for entry in decided}) > 1
    rows = []
    for entry in decided:
        measure = subject.measure(entry["metric"])
        effect, low, high = (real(entry.get(key)) for key in ("effect", "low", "high"))
        shown_effect, interval = "—", "—"
        if isfinite(low + high):
            shown_effect = measure.effect_text(effect)
            interval = measure.scale.interval(low, high).removesuffix(" points")  # as the effect says
        pair = f"{entry['arm']} {measure.scale.sign} {entry['against']}"
        name = [measure.label] if several else []
        rows.append([pair, *name, shown_effect, interval, str(entry["verdict"]).partition(":")[0]])
    return ["registered", *["metric"] * several, "effect", "interval", "verdict"], rows


def headline(results: Mapping[str, Any]) -> str:
    """Return the study's outcome in one short sentence."""
    outcome = mapping(results.get("outcome"))
    return str(outcome.get("headline") or outcome.get("sentence", ""))  # earlier ones had no headline
