"""The models that ship: made by their presets, and checked against what their cards say.

    python benchmarks/models.py --make [NAME...] [--runs out/models]   # train, export, keep the first problems' scores
    python benchmarks/models.py [NAME...]                              # solve all test problems again with what ships
    python benchmarks/models.py --table                                # the table of docs/models.md, from their records

A finished run in `--runs` is not trained again. `tests/models.json` holds the metrics of each split's first problems as
the training run measured them, for a test that takes seconds.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import ravine
from ravine import models, runs
from ravine.export import export
from ravine.report.measure import Measure
from ravine.training.directory import read_json

COMMANDS: Mapping[str, Sequence[str]] = {
    "inverse-20": ["inverse"],
    **{name: [name] for name in ("sudoku-4", "sudoku-6", "sudoku-9", "connectivity-2", "uncle", "shortest-path")},
    **{name: [name] for name in ("sort-2", "parity", "square", "equation", "distances")},
}
"""What trains each model: a preset, and fields to change."""
FIRST = Path(__file__).parents[1] / "tests/models.json"
PROBLEMS = 8
RTOL, ATOL = 1e-2, 1e-9
"""Errors near rounding change with the order of sums; shares of problems solved do not."""


def make(name: str, folder: Path) -> None:
    """Train a model by its preset, unless that is done, and put what it exports in the place of what ships."""
    preset, *words = COMMANDS[name]
    ravine.train(ravine.read_run(preset, words), folder, resume=folder.exists())
    shipped = models.folder(name)
    if shipped.exists():
        shutil.rmtree(shipped)
    export(folder, shipped)
    with np.load(folder / "errors.npz") as arrays:
        first = {key: arrays[key][:PROBLEMS].tolist() for key in sorted(arrays) if not key.endswith("/weights")}
    held: dict[str, Any] = json.loads(FIRST.read_text(encoding="utf-8")) if FIRST.exists() else {}
    FIRST.write_text(json.dumps({**held, name: first}, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def check(name: str) -> bool:
    """Solve a model's test problems again, print its scores beside those of its card, and return whether they agree."""
    told, same = read_json(models.folder(name) / "evaluation.json")["splits"], True
    for entry in runs.score_splits(ravine.load(name)):
        for metric, measured in entry.metrics.items():
            before = told[entry.split]["metrics"][metric]["value"]
            agrees = entry.hash == told[entry.split]["hash"] and np.isclose(measured.mean, before, rtol=RTOL, atol=ATOL)
            same = same and bool(agrees)
            print(f"{name:<16}{entry.split:<10}{metric:<14}{before:>12.6g}{measured.mean:>12.6g}  {agrees}", flush=True)
    return same


def table() -> list[str]:
    """Return the scores of the models in Markdown, by the first metric of their tasks."""
    lines = ["| model | task | weights | kB | scored by | `same` | `harder` |", "|---|---|---|---|---|---|---|"]
    for name in models.names():
        folder, loaded = models.folder(name), ravine.load(name)
        scored = read_json(folder / "evaluation.json")
        first = Measure.of(*next(iter(scored["metrics"].items())))
        weights = sum(parameter.numel() for parameter in loaded.energy.parameters())
        size = sum(path.stat().st_size for path in folder.iterdir())
        values = [scored["splits"][split]["metrics"][first.name]["value"] for split in ("same", "harder")]
        shown = [f"`{name}`", f"`{loaded.task.name}`", f"{weights:,}", f"{size / 1000:.0f}", first.label]
        lines.append("| " + " | ".join([*shown, *map(first.text, values)]) + " |")
    return lines


def main() -> None:
    """Make or check the models that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--make", action="store_true")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--runs", type=Path, default=Path("out/models"))
    asked = parser.parse_args()
    if asked.make:
        for name in asked.names or COMMANDS:
            make(name, asked.runs / name)
    elif asked.table:
        print(*table(), sep="\n")
    else:
        agree = [check(name) for name in asked.names or models.names()]
        sys.exit(0 if all(agree) else 1)


if __name__ == "__main__":
    main()
