"""A study's runs, baselines and verdicts as the rows of tables."""

from collections.abc import Mapping
from typing import Any

from ravine.report.markdown import number
from ravine.report.measure import Measure
from ravine.report.reading.subject import Run, Subject, mapping
from ravine.training.directory import DONE

Results = Mapping[str, Any]
Column = tuple[Measure, str]
COSTS = {"evaluations": "energy_evaluations", "operations": "operations"}
"""What training cost: the fact of a run behind the title of a column."""


def columns(subject: Subject) -> list[Column]:
    """Return the scores that a table of runs has: the deciding metric on every split, others on the deciding one."""
    splits = subject.splits
    return [(subject.metric, split) for split in splits] + [
        (measure, split) for measure in subject.others for split in splits[:1]
    ]


def rows_of_runs(subject: Subject) -> tuple[list[str], list[list[str]]]:
    """Return header and rows of the table of runs: arms by seeds with scores, skills and cost."""
    shown = columns(subject)
    header = [
        "arm",
        "seed",
        "state",
        *(word for measure, split in shown for word in (f"{split} {measure.label}", "skill")),
    ]
    header += ["train s", "solve s", *COSTS]
    return header, [row_of(subject, run, shown) for run in subject.runs]


def row_of(subject: Subject, run: Run, shown: list[Column]) -> list[str]:
    """Return one run's row."""
    cells = []
    for measure, split in shown:
        value = run.value(split, measure.name)
        cells += [measure.text(value), number(subject.skill(value, split, measure))]
    costs = [number(run.facts.get(what)) for what in ("train_seconds", "solve_seconds", *COSTS.values())]
    return [run.arm, str(run.seed), run.status, *cells, *costs]


def unended_runs(results: Results) -> list[str]:
    """Return the runs that neither finished nor diverged, each with its state and the reason."""
    return [
        f"{arm}, seed {run['seed']}{f', at {point}' if point else ''}, {run['state']}: {run.get('reason')}"
        for point, arm, run in unended(results)
    ]


def unended(results: Results) -> list[tuple[str, str, Results]]:
    """Return point, arm and entry of the runs that neither finished nor diverged; those at points of axes last."""
    found = [
        ("", str(arm), run)
        for arm, entry in mapping(results.get("arms")).items()
        for run in entry["runs"]
        if run["state"] not in DONE
    ]
    places = [mapping(place) for place in results.get("axes") or []]
    return found + [(place["name"], run["arm"], run) for place in places if place["name"] for run in place["unended"]]
