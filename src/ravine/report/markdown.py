"""A study's results in words and tables."""

from collections.abc import Mapping, Sequence
from typing import Any

Results = Mapping[str, Any]


def number(value: float | None) -> str:
    """Return a number to three significant digits, or as a whole one of four; a dash where there is none."""
    if value is None:
        return "—"
    if 999.5 <= abs(value) < 9999.5:
        return f"{value:.0f}"
    return f"{value:.3g}" if 1e-3 <= abs(value) < 1e4 or value == 0 else f"{value:.2e}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


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


def report(results: Results, figures: Mapping[str, str], command: str) -> str:
    """Return a study's `report.md`: verdicts, table, figures by title and file, how to repeat it."""
    header, rows = rows_of_runs(results)
    decided = results["registration"]
    parts = [f"# {results['task']}: {', '.join(results['arms'])}", "## Verdict"]
    parts += [f"- {sentence}" for sentence in verdicts(results)] or ["One arm: nothing to compare."]
    parts += [
        "Ratios are of mean squared errors over paired seeds, below 1 where the first arm is better; "
        "intervals hold jointly. "
        f"Decided beforehand: {decided['seeds']} seeds, split `{decided['split']}`, margin {decided['margin']:.0%}.",
        "## Runs and baselines",
        "Skill is 1 - MSE / MSE of the best trivial baseline: 0 is no better than, say, least squares.",
        table(header, rows + rows_of_baselines(results)),
    ]
    troubles = trouble_lines(results)
    if troubles:
        parts += ["## Runs that did not finish", "\n".join(troubles)]
    parts += ["## Figures", *(f"![{title}]({file})" for title, file in figures.items())]
    parts += ["## Repeat it", f"```\n{command}\n```"]
    return "\n\n".join(parts) + "\n"


def trouble_lines(results: Results) -> list[str]:
    """Return one line for every run that diverged, failed or was interrupted."""
    return [
        f"- {arm}, seed {run['seed']}: {run['status']} ({run.get('reason', 'no reason given')})"
        for arm, entry in results["arms"].items()
        for run in entry["runs"]
        if run["status"] != "finished"
    ]
