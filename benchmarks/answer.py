"""The tables of docs/answer.md, from the results in `studies/`: each arm against training without mined points.

    python benchmarks/answer.py

By study and arm: the effect on either metric that is registered, with its interval and verdict (simultaneous where the
comparison is registered, "explores" where it is not); operations of training beside the baseline's; and the effect
against plain training for as many operations as `adversarial` takes, with a single interval: this explores.
"""

import json
from pathlib import Path
from typing import Any

from ravine import statistics

STUDIES = Path(__file__).parents[1] / "studies"
ORDER = ("inverse-mining-small", "verifying-mining", "sudoku-mining", "connectivity-mining", "paths-mining")
LONGER = "none-longer"

Results = dict[str, Any]


def shown(scale: str, *numbers: float) -> str:
    """Return an effect and the ends of its interval: points as +1.5, ratios to three digits."""
    texts = [f"{100 * number:+.1f}" if scale == "points" else f"{number:.3g}" for number in numbers]
    return f"{texts[0]} ({texts[1]} to {texts[2]})"


def against_baseline(results: Results, arm: str, metric: str) -> tuple[str, str]:
    """Return the effect of an arm against the baseline, and its verdict, as `results.json` holds them."""
    decided = results["registration"]
    (found,) = [
        each
        for each in results["comparisons"]
        if (each["arm"], each["against"], each["split"], each["metric"])
        == (arm, decided["baseline"], decided["split"], metric)
    ]
    if found["refused"]:
        return "", str(found["refused"])
    effect = shown(found["scale"], found["effect"], found["low"], found["high"])
    return effect, str(found["verdict"]) if found["registered"] else "explores"


def costs(results: Results, arm: str, metric: str) -> list[float]:
    """Return an arm's costs by seed: errors as they are, shares as what is missing to all."""
    split, facts = results["registration"]["split"], results["metrics"][metric]
    runs = sorted(results["arms"][arm]["runs"], key=lambda run: int(run["seed"]))
    values = [run["splits"][split]["metrics"][metric]["value"] for run in runs]
    return values if facts["better"] == "lower" else [facts["target"] - value for value in values]


def against_longer(results: Results, arm: str) -> str:
    """Return the effect of an arm against plain training of equal operations, with a single 95 % interval."""
    metric = results["registration"]["metric"]
    facts = results["metrics"][metric]
    scale = statistics.scale_of(facts["scale"], facts["better"])
    pair = statistics.compare(costs(results, arm, metric), costs(results, LONGER, metric), scale=scale)
    return shown(facts["scale"], pair.effect, *pair.interval)


def operations(results: Results, arm: str) -> float:
    """Return what an arm's training took beside the baseline's, in operations."""
    taken = [results["arms"][name]["runs"][0]["operations"] for name in (arm, results["registration"]["baseline"])]
    return float(taken[0] / taken[1])


def starts_of(metric: str) -> str:
    """Return the number of starts of a metric at a budget, in words."""
    count = metric.rpartition("x")[2]
    return f"{count} start" + ("s" if count != "1" else "")


def rows(results: Results) -> list[str]:
    """Return a study's table, row by row."""
    decided = results["registration"]
    first, second = decided["metric"], decided["also"][0]
    level = {name: costs(results, decided["baseline"], name) for name in (first, second)}
    means = {
        name: f"{1 - sum(values) / len(values):.1%}"
        if results["metrics"][name]["scale"] == "points"
        else f"{statistics.RATIO.effect(float(statistics.RATIO.transform(values).mean())):.3g}"  # the geometric mean
        for name, values in level.items()
    }
    one, many = (f"{name.partition('@')[0]}, {starts_of(name)}" for name in (first, second))
    head = f"| arm | operations | {one} (`none` {means[first]}) | verdict | {many} (`none` {means[second]}) | verdict"
    table = [f"{head} | against `{LONGER}` |", "|---|---|---|---|---|---|---|"]
    for arm in results["arms"]:
        if arm != decided["baseline"]:
            cells = [*against_baseline(results, arm, first), *against_baseline(results, arm, second)]
            beside = "" if arm == LONGER else against_longer(results, arm)
            table.append(f"| {' | '.join([f'`{arm}`', f'{operations(results, arm):.2f}', *cells, beside])} |")
    return table


def main() -> None:
    """Print every study's table."""
    for name in ORDER:
        results = json.loads((STUDIES / name / "results.json").read_text(encoding="utf-8"))
        decided = results["registration"]
        print(f"\n{name}: {results['task']}, {decided['split']}, {decided['seeds']} seeds\n", *rows(results), sep="\n")


if __name__ == "__main__":
    main()
