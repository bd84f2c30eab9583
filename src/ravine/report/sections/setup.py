"""The set-up: what would have to be the same for the same result."""

import os
import platform
import shlex
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from ravine.analysis.environments import differences, environments, values_of
from ravine.config.axes import flat
from ravine.report.panel import Section, Table
from ravine.report.reading.directory import configured
from ravine.report.reading.subject import Facts, Subject, mapping
from ravine.version import VERSION

LIBRARIES = ("torch", "numpy", "scipy", "matplotlib")
RECORDED = ("versions", "version", "code", "hardware", "machine", "device")
"""Tables by which a run or a study may say what it was made with."""


def setup(subject: Subject) -> Section:
    """Return test sets with hashes, configuration, versions, hardware, and the commands that repeat it."""
    tables = [test_sets(subject), decided(subject), arms(subject), made_with(subject), configuration(subject)]
    words = [
        "A seed fixes initial weights, problems and noise; test sets are fixed and known by the hash of their content.",
        *differences([(f"{run.arm}, seed {run.seed},", run.facts) for run in subject.runs]),
    ]
    return Section("setup", "Set-up", words, [table for table in tables if table.rows], commands=commands(subject))


def test_sets(subject: Subject) -> Table:
    """Return the fixed test sets."""
    facts = {**mapping(subject.results.get("splits"))}
    rows = [
        [split, str(mapping(entry).get("problems") or "—"), str(mapping(entry).get("hash") or "—")]
        for split, entry in facts.items()
    ]
    return Table("Test sets", ["split", "problems", "hash"], rows)


def decided(subject: Subject) -> Table:
    """Return what was decided before the first run."""
    rows = [[field.replace("_", " "), text(value)] for field, value in flat(subject.registration).items()]
    return Table("Decided before the first run", ["what", "value"], rows)


def arms(subject: Subject) -> Table:
    """Return what each arm changes."""
    changes = mapping(subject.study.get("arms"))
    fields = {arm: flat(mapping(changes[arm])) for arm in subject.arms if arm in changes}
    rows = [
        [arm, ", ".join(f"{field} = {text(value)}" for field, value in own.items()) or "nothing"]
        for arm, own in fields.items()
    ]
    return Table("What arms change", ["arm", "fields"], rows)


def text(value: Any) -> str:
    """Return a configured value as it would be written."""
    if isinstance(value, list):
        return ", ".join(map(text, value)) or "—"
    return "—" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def configuration(subject: Subject) -> Table:
    """Return every field of the runs' common configuration."""
    config: Facts = subject.config
    if not config and subject.runs:
        config = configured(subject.runs[0])
    rows = [[field, text(value)] for field, value in flat(config).items()]
    return Table(f"Configuration ({len(rows)} fields)", ["field", "value"], rows, folded=True)


def made_with(subject: Subject) -> Table:
    """Return versions and hardware, as the runs recorded them or, failing that, of the machine that made this page."""
    recorded = {key: value for source in sources(subject) for key, value in source.items() if key in RECORDED}
    recorded |= {name: values_of(counts) for name, counts in environments([run.facts for run in subject.runs]).items()}
    rows = [["of the runs: " + field.replace("_", " "), text(value)] for field, value in flat(recorded).items()]
    libraries = ", ".join(f"{name} {metadata.version(name)}" for name in LIBRARIES)
    rows += [
        ["this page: ravine", VERSION],
        ["this page: libraries", f"Python {platform.python_version()}, {libraries}"],
        ["this page: machine", f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"],
    ]
    if not recorded:
        rows.append(["of the runs", "not recorded; the same as this page's if they were made where it was"])
    return Table("Versions and hardware", ["what", "value"], rows)


def sources(subject: Subject) -> list[Mapping[str, Any]]:
    """Return the tables in which versions and hardware may be recorded."""
    runs = [mapping(run.facts) for run in subject.runs[:1]]
    return [subject.registration, subject.results, *runs]


def commands(subject: Subject) -> list[str]:
    """Return the commands that repeat a study or a run, and that make this page again."""
    given = subject.results.get("command")
    first = [given] if isinstance(given, str) and given else []
    source, verb = ("study.json", "compare") if subject.kind == "study" else ("config.json", "train")
    again = Path(f"{subject.path}-again")
    if (subject.path / source).exists():
        first.append(f"ravine {verb} {shlex.quote(str(subject.path / source))} --out {shlex.quote(str(again))}")
    return [*first, f"ravine report {shlex.quote(str(subject.path))}"]
