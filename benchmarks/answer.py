"""The tables of docs/answer.md, from the results in `studies/`: each arm against the study's baseline.

    python benchmarks/answer.py
    python benchmarks/answer.py --figure docs/figures/answer.png

By study and arm: the effect on either metric that is registered, with its interval and verdict (simultaneous where the
comparison is registered, "explores" where it is not); operations of training beside the baseline's; and, where that is
plain training, the effect against plain training for as many operations as `adversarial` takes, with a single interval:
this explores. The figure shows what `adversarial` gains over plain training on every task, in margins of its study.
"""

import argparse
import json
import math
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from ravine import statistics
from ravine.report.figures import COLOURS, MARKERS, save, style

STUDIES = Path(__file__).parents[1] / "studies"
FIRST = ("inverse-mining-small", "verifying-mining", "sudoku-mining", "connectivity-mining", "paths-mining")
SECOND = (
    "sudoku-equal",
    "connectivity-equal",
    "verifying-equal",
    "verifying-clock",
    "sudoku-plateau",
    "sudoku-late",
    "connectivity-late",
)
"""The rounds: the second on fresh seeds, with `adversarial` as the baseline."""
ORDER = (*FIRST, *SECOND)
PLAIN, LONGER, MINED = "none", "none-longer", "adversarial"
LATEST = {
    "inverse-mining-small": "inversion,\nreleased network",
    "verifying-equal": "inversion,\nenergy that verifies",
    "sudoku-equal": "Sudoku",
    "connectivity-equal": "connectivity",
    "paths-mining": "shortest paths",
}
"""The latest study of each task, and the task's name in the figure."""
FURTHER = {
    "verifying-equal": ("in equal time", "verifying-clock", "none-900"),
    "sudoku-equal": ("at equal operations, four times the training", "sudoku-late", LONGER),
}
"""What was asked besides, where the answer is another: in words, the study, and its arm of plain training."""

Results = dict[str, Any]


def shown(scale: str, *numbers: float) -> str:
    """Return an effect and the ends of its interval: points as +1.5, ratios to three digits."""
    texts = [f"{100 * number:+.1f}" if scale == "points" else f"{number:.3g}" for number in numbers]
    return f"{texts[0]} ({texts[1]} to {texts[2]})"


def comparison(results: Results, arm: str, metric: str) -> Results:
    """Return an arm's comparison with the baseline on the split that decides, as `results.json` holds it."""
    decided = results["registration"]
    wanted = arm, decided["baseline"], decided["split"], metric
    (entry,) = [
        each
        for each in results["comparisons"]
        if (each["arm"], each["against"], each["split"], each["metric"]) == wanted
    ]
    return dict(entry)


def against_baseline(results: Results, arm: str, metric: str) -> tuple[str, str]:
    """Return the effect of an arm against the baseline, and its verdict."""
    entry = comparison(results, arm, metric)
    if entry["refused"]:
        return "", str(entry["refused"])
    effect = shown(entry["scale"], entry["effect"], entry["low"], entry["high"])
    return effect, str(entry["verdict"]) if entry["registered"] else "explores"


def costs(results: Results, arm: str, metric: str) -> list[float]:
    """Return an arm's costs by seed: errors as they are, shares as what is missing to all."""
    split, facts = results["registration"]["split"], results["metrics"][metric]
    runs = sorted(results["arms"][arm]["runs"], key=lambda run: int(run["seed"]))
    values = [run["splits"][split]["metrics"][metric]["value"] for run in runs]
    return values if facts["better"] == "lower" else [facts["target"] - value for value in values]


def against_longer(results: Results, arm: str) -> tuple[float, float, float]:
    """Return the effect of an arm against plain training of equal operations, with a single 95 % interval."""
    metric = results["registration"]["metric"]
    facts = results["metrics"][metric]
    scale = statistics.scale_of(facts["scale"], facts["better"])
    pair = statistics.compare(costs(results, arm, metric), costs(results, LONGER, metric), scale=scale)
    return (pair.effect, *pair.interval)


def gain(results: Results, plain: str, least: float) -> tuple[float, float, float]:
    """Return what `adversarial` gains over a plain training and the ends of its interval, in margins of `least`."""
    decided = results["registration"]
    metric, turned = decided["metric"], decided["baseline"] != PLAIN
    ratio = results["metrics"][metric]["scale"] == "ratio"

    def in_margins(effect: float) -> float:
        won = math.log(effect) / math.log(1 - least) if ratio else effect / least
        return -won if turned else won

    if turned or plain == PLAIN:
        entry = comparison(results, plain if turned else MINED, metric)
        at, low, high = entry["effect"], entry["low"], entry["high"]
    else:
        at, low, high = against_longer(results, MINED)
    return in_margins(at), in_margins(low), in_margins(high)


def drawn() -> Figure:
    """Return the gains of `adversarial` on every task, by the later study of each."""
    figure = Figure(figsize=(8, 4.2), layout="constrained")
    axes = figure.subplots()
    marks: dict[str, int] = {}
    for place, name in enumerate(reversed(LATEST)):
        results = read(name)
        least = results["registration"]["margin"]
        won = {"at equal steps": gain(results, PLAIN, least), "at equal operations": gain(results, LONGER, least)}
        if name in FURTHER:
            asked, study, arm = FURTHER[name]
            won[asked] = gain(read(study), arm, least)
        for index, (words, (at, *ends)) in enumerate(won.items()):
            label = None if words in marks else words
            mark = marks.setdefault(words, len(marks))
            row = place + 0.22 * (1 - index)
            axes.plot(ends, [row, row], color=COLOURS[mark], lw=2)
            axes.plot(at, row, ls="", marker=MARKERS[mark], color=COLOURS[mark], label=label)
    axes.axvspan(-1, 1, color="0.93", lw=0, zorder=0)
    axes.axvline(0, color="black", lw=1)
    axes.set_yticks(range(len(LATEST)), list(reversed(LATEST.values())))
    style(
        axes,
        "What adversarial negatives gain over plain training",
        "gain in margins of the study; grey: too little to matter",
        "",
    )
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure


def operations(results: Results, arm: str) -> float:
    """Return what an arm's training took beside the baseline's, in operations."""
    taken = [results["arms"][name]["runs"][0]["operations"] for name in (arm, results["registration"]["baseline"])]
    return float(taken[0] / taken[1])


def starts_of(metric: str) -> str:
    """Return the number of starts of a metric at a budget, in words."""
    count = metric.rpartition("x")[2]
    return f"{count} start" + ("s" if count != "1" else "")


def level(results: Results, metric: str) -> str:
    """Return a metric of the baseline over all seeds: a share, or an error's geometric mean."""
    values = costs(results, results["registration"]["baseline"], metric)
    if results["metrics"][metric]["scale"] == "points":
        return f"{1 - sum(values) / len(values):.1%}"
    return f"{statistics.RATIO.effect(float(statistics.RATIO.transform(values).mean())):.3g}"


def rows(results: Results) -> list[str]:
    """Return a study's table, row by row."""
    decided = results["registration"]
    metrics, baseline = (decided["metric"], *decided["also"]), decided["baseline"]
    scale, plain = results["metrics"][decided["metric"]]["scale"], baseline == PLAIN
    head = ["arm", "operations"]
    for metric in metrics:
        shown_as = f"{metric.partition('@')[0]}, {starts_of(metric)}"
        head += [f"{shown_as} (`{baseline}` {level(results, metric)})", "verdict"]
    head += [f"against `{LONGER}`"] * plain
    table = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for arm in results["arms"]:
        if arm != baseline:
            cells = [cell for metric in metrics for cell in against_baseline(results, arm, metric)]
            row = [f"`{arm}`", f"{operations(results, arm):.2f}", *cells]
            if plain:
                row.append("" if arm == LONGER else shown(scale, *against_longer(results, arm)))
            table.append(f"| {' | '.join(row)} |")
    return table


def read(name: str) -> Results:
    """Return a study's results."""
    return dict(json.loads((STUDIES / name / "results.json").read_text(encoding="utf-8")))


def main() -> None:
    """Print every study's table, or draw the gains."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--figure", type=Path)
    if figure := parser.parse_args().figure:
        save(drawn(), figure)
        return
    for name in ORDER:
        results = read(name)
        decided = results["registration"]
        print(f"\n{name}: {results['task']}, {decided['split']}, {decided['seeds']} seeds\n", *rows(results), sep="\n")


if __name__ == "__main__":
    main()
