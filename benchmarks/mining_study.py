"""A study's arms beside one another: what the energies have learned, and what training cost, means over seeds.

    python benchmarks/mining_study.py out/sudoku-mining

By arm: the registered metrics; the area under the curve by which the energy tells right answers from the solver's own
wrong ones, at the landscape that ranks and at the worst one; how far the noise prediction falls short of the size of
noise at the sharpest landscape (the doctor's D504); distinct answers among the starts and the share of problems that
any of them solves, for runs scored by `ravine evaluate RUN --budget STEPS --starts N`, which needs their weights
(`--keep weights`); evaluations and operations of training, beside the baseline's.
"""

import argparse
import json
from pathlib import Path
from statistics import mean
from typing import Any


def of_run(run: Path, split: str, metrics: list[str]) -> list[float]:
    """Return one run's numbers; nan for an area that has no wrong answers to be taken over."""
    scores = json.loads((run / "evaluation.json").read_text(encoding="utf-8"))
    config = json.loads((run / "config.json").read_text(encoding="utf-8"))
    rows: list[dict[str, Any]] = json.loads((run / "landscapes.json").read_text(encoding="utf-8"))["splits"][split][
        "landscapes"
    ]
    areas = {row["k"]: float("nan") if row["auc"] is None else row["auc"] for row in rows}
    sharpest = min(rows, key=lambda row: row["k"])
    values = [scores["splits"][split]["metrics"][name]["value"] for name in metrics]
    known = [area for area in areas.values() if area == area]
    learned = [areas[config["solve"]["rank"]], min(known, default=float("nan")), 1 - sharpest["noise_norm"]]
    return [*values, *learned, *starts(run, split), scores["training_evaluations"], scores["training_operations"]]


def starts(run: Path, split: str) -> list[float]:
    """Return distinct answers and the share of problems solved at the largest budget; nan where none was scored."""
    if not (run / "budget.json").exists():
        return [float("nan"), float("nan")]
    scored = json.loads((run / "budget.json").read_text(encoding="utf-8"))["splits"][split]
    largest = max(scored, key=lambda row: (row["starts"], row["steps"]))
    return [largest["distinct"], largest["ceiling"]]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", type=Path)
    study = parser.parse_args().study
    results = json.loads((study / "results.json").read_text(encoding="utf-8"))
    decided = results["registration"]
    metrics = [decided["metric"], *decided["also"]]
    table = {
        arm: [
            of_run(run.parent, decided["split"], metrics) for run in sorted(study.glob(f"runs/{arm}/*/evaluation.json"))
        ]
        for arm in results["arms"]
    }
    base = [mean(column) for column in zip(*table[decided["baseline"]], strict=True)]
    names = [*metrics, "AUC ranking", "AUC worst", "shortfall", "distinct", "any start", "evaluations", "operations"]
    print(f"{'arm':<16}{'runs':>5}" + "".join(f"{name:>14}" for name in names))
    for arm, rows in table.items():
        columns = [[value for value in column if value == value] for column in zip(*rows, strict=True)]
        values = [mean(column) if column else float("nan") for column in columns]
        costs = [f"{value / at:>13.2f}x" for value, at in zip(values[-2:], base[-2:], strict=True)]
        print(f"{arm:<16}{len(rows):>5}" + "".join(f"{value:>14.4f}" for value in values[:-2]) + "".join(costs))


if __name__ == "__main__":
    main()
