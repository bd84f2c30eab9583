"""The released network at its full scale, one run of each arm: docs/answer.md's table and figure from `studies/`.

    python benchmarks/scale.py [FOLDER]
    python benchmarks/scale.py --figure docs/figures/scale.png
    python benchmarks/scale.py --keep RUNS

FOLDER: where the arms' files are, `studies/inverse-full` if not said. `--keep` writes them there from the runs that
`benchmarks/gpu.sh OUT` leaves in OUT/runs: configuration, environment, validation errors and every 5,000th row.
"""

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from ravine.report.figures import COLOURS, save, style

KEPT = Path(__file__).parents[1] / "studies" / "inverse-full"
ARMS = ("none", "random", "adversarial")
EVERY = 5000
SETTLED = 10_000
"""From this step on plain training no longer improves."""

Run = dict[str, Any]


def kept(run: Path) -> Run:
    """Return what is kept of a run's directory."""
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    status, config, tried = (
        json.loads((run / f"{name}.json").read_text(encoding="utf-8")) for name in ("status", "config", "environment")
    )
    environment = {key: value for key, value in tried["attempts"][0]["environment"].items() if key != "host"}
    steps = [row for row in rows if "loss" in row]
    found = {
        **{key: status[key] for key in ("state", "step", "seconds")},
        "environment": environment,
        "config": config,
        "validation": [{"step": row["step"], **row["validation"]} for row in rows if "validation" in row],
        "rows": [brief(row) for row in steps if row["step"] % EVERY == 0 or row is steps[-1]],
    }
    scored = run / "evaluation.json"
    if scored.exists():
        splits = json.loads(scored.read_text(encoding="utf-8"))["splits"]
        found["test"] = {
            name: {**each["metrics"]["mse"], "problems": each["problems"]} for name, each in splits.items()
        }
    return found


def brief(row: Run) -> Run:
    """Return what is kept of one row of the metrics."""
    arm: Run = next(iter(row["arms"].values()), {})
    names = ("step", "denoise", "contrast", "energy_positive", "gradient_norm", "seconds")
    return {name: row[name] for name in names} | {name: arm.get(name) for name in ("gap", "distance", "accepted")}


def line(arm: str, run: Run) -> str:
    """Return an arm's row of the table."""
    late = [each["same"] for each in run["validation"] if each["step"] >= SETTLED]
    middle, last, losses = statistics.median(late), run["validation"][-1], [row["denoise"] for row in run["rows"]]
    above = sum(error > 2 * min(late) for error in late)
    figures = f"{min(late):.5f} | {middle:.3g} | {max(late):.3g} | {above} of {len(late)}"
    return f"| `{arm}` | {run['step']:,} | {figures} | {last['same']:.3g} ({last['step']:,}) | {losses[-1]:.3f} |"


def read(folder: Path = KEPT) -> dict[str, Run]:
    """Return what is kept of every arm."""
    return {arm: json.loads((folder / f"{arm}.json").read_text(encoding="utf-8")) for arm in ARMS}


def table(runs: dict[str, Run]) -> list[str]:
    """Return the lines of the table."""
    heading = "| arm | steps | best | median | worst | above twice the best | last | denoising loss |"
    return [heading, "|---|---|---|---|---|---|---|---|", *(line(arm, run) for arm, run in runs.items())]


def drawn(runs: dict[str, Run]) -> Figure:
    """Return the validation errors over the steps of training."""
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    axes = figure.subplots()
    for (arm, run), colour in zip(runs.items(), COLOURS, strict=False):
        steps = [each["step"] for each in run["validation"]]
        axes.semilogy(steps, [each["same"] for each in run["validation"]], label=arm, color=colour, marker="o", ms=3)
    style(
        axes,
        "Inversion at the released scale (n = 20, batch 2,048): one run of each arm",
        "optimiser steps",
        "MSE on validation problems",
    )
    axes.legend(loc="upper left", framealpha=0.9, edgecolor="none")
    return figure


def main() -> None:
    """Keep runs, draw the figure, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=KEPT)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--figure", type=Path)
    asked = parser.parse_args()
    if asked.keep:
        asked.folder.mkdir(parents=True, exist_ok=True)
        for arm in ARMS:
            text = json.dumps(kept(asked.keep / arm), indent=1)
            (asked.folder / f"{arm}.json").write_text(text, encoding="utf-8")
    runs = read(asked.folder)
    if asked.figure:
        save(drawn(runs), asked.figure)
        return
    print("\n".join(table(runs)))


if __name__ == "__main__":
    main()
