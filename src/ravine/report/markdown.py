"""A study's numbers and tables in words."""

from collections.abc import Mapping
from typing import Any

from ravine.studies.queue import DONE

Results = Mapping[str, Any]


def number(value: float | None) -> str:
    """Return a number to three significant digits, or as a whole one of four; a dash where there is none."""
    if value is None:
        return "—"
    if 999.5 <= abs(value) < 9999.5:
        return f"{value:.0f}"
    return f"{value:.3g}" if 1e-3 <= abs(value) < 1e4 or value == 0 else f"{value:.2e}"


def rows_of_runs(results: Results) -> tuple[list[str], list[list[str]]]:
    """Return header and rows of the table of runs: arms by seeds with scores on every split and cost."""
    splits = list(results["splits"])
    header = ["arm", "seed", "status"]
    header += [f"{name} {what}" for name in splits for what in ("MSE", "skill")]
    header += ["train s", "solve s", "energy evaluations"]
    rows = []
    for arm, entry in results["arms"].items():
        for run in entry["runs"]:
            scores = [number(run["splits"].get(name, {}).get(what)) for name in splits for what in ("mse", "skill")]
            costs = [number(run.get(what)) for what in ("train_seconds", "solve_seconds", "energy_evaluations")]
            rows.append([arm, str(run["seed"]), run["status"], *scores, *costs])
    return header, rows


def unended_runs(results: Results) -> list[str]:
    """Return the runs that neither finished nor diverged, each with its state and the reason."""
    return [
        f"{arm}, seed {run['seed']}, {run['status']}: {run.get('reason')}"
        for arm, entry in results.get("arms", {}).items()
        for run in entry["runs"]
        if run["status"] not in DONE
    ]


def rows_of_baselines(results: Results) -> list[list[str]]:
    """Return the baselines' rows for the same table."""
    rows = []
    for name, entry in results["baselines"].items():
        cells = []
        for split in results["splits"]:
            trivial = entry[split]["trivial"]
            cells += [number(entry[split]["mse"]), "trivial" if trivial else "exact method"]
        rows.append([name, "", "baseline", *cells, "", "", ""])
    return rows


def verdicts(results: Results) -> list[str]:
    """Return every comparison's sentence, those that decide first."""
    ordered = sorted(results["comparisons"], key=lambda entry: not entry["registered"])
    return [
        f"{'' if entry['registered'] else 'Exploratory, '}`{entry['split']}`: {entry['sentence']}" for entry in ordered
    ]
