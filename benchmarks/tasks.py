"""Any task's preset, trained with several seeds: each metric on each split, beside the rules, and what it costs.

    python benchmarks/tasks.py PRESET [--seeds 3] [--problems 1000] [--splits same,harder] [field=value ...]

Training and solving are the preset's own; finished runs in `--out` are not trained again, and fields of solve and
compute change how they are scored (compute.device=cuda, solve.rounds=12). Intervals are Student's,
over seeds. `--seeds 0` shows the rules alone, `--part validation` scores the problems that settings may be chosen on.
Seconds of training are those that the run records, validation included; those of solving are CPU seconds for all
problems of a split.
"""

import argparse
import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

import ravine
from ravine import build, runs
from ravine.evaluation.baselines import baseline_scores
from ravine.evaluation.score import score
from ravine.statistics.paired import simultaneous_interval
from ravine.tasks.base import Purpose, Task
from ravine.tasks.fixed import FixedSplit, fixed_split
from ravine.tasks.metrics.base import Metric
from ravine.training.checkpoint import newest
from ravine.training.directory import RunDirectory

PARTS: Mapping[str, Purpose] = {"test": "test", "validation": "validation"}
SUMMARIES: Mapping[str, Callable[[Sequence[float]], float]] = {"mean": statistics.mean, "least": min, "most": max}


def ends(values: Sequence[float], metric: Metric) -> tuple[float, float]:
    """Return the ends of the 95 % interval over seeds: of shares their mean's, of errors their geometric mean's."""
    ratio = metric.scale == "ratio" and min(values) > 0
    found = simultaneous_interval(np.log(values) if ratio else values)
    low, high = float(found.low), float(found.high)
    return (math.exp(low), math.exp(high)) if ratio else (low, high)


def finished(directory: Path) -> bool:
    """Return whether a directory holds a run that was trained to its last step, scored or not."""
    if not RunDirectory(directory).config.exists() or newest(RunDirectory(directory).checkpoints) is None:
        return False
    run = ravine.load(directory)
    return run.step == run.config.training.steps


def row(name: str, split: str, values: Sequence[str]) -> str:
    """Return one line of the table."""
    return f"{name:<30}{split:<12}" + "".join(f"{value:>11}" for value in values)


def trained(preset: str, words: Sequence[str], seed: int, path: Path, changes: Sequence[str]) -> runs.LoadedRun:
    """Return a seed's run, to be used with `changes`; it is trained unless it is there."""
    if not finished(path):
        ravine.train(ravine.read_run(preset, [*words, f"seed={seed}"]), path, resume=path.exists())
    return ravine.load(path, overrides=changes)


def scored(run: runs.LoadedRun, split: FixedSplit) -> tuple[list[float], float]:
    """Return a run's metrics on a split, in the task's order, and CPU seconds of solving it."""
    began = time.process_time()
    config = run.config
    solver = build.answering(config, run.task, config.solve.steps)
    result = score(run.task, run.energy, solver, split, config.solve.starts, build.device(config))
    return [measured.mean for measured in result.metrics.values()], time.process_time() - began


def show_rules(task: Task, splits: Sequence[FixedSplit]) -> None:
    """Print what the task's baselines reach; those that are not trivial are marked."""
    for baseline in baseline_scores(task, splits):
        name = baseline.name if baseline.trivial else f"({baseline.name})"
        for split in splits:
            values = [baseline.value(split.name, metric.name) for metric in task.metrics()]
            print(row(name, split.name, [f"{value:.4g}" for value in values]), flush=True)


def arguments() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset")
    parser.add_argument("words", nargs="*", metavar="field=value")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--problems", type=int, default=1000)
    parser.add_argument("--splits", help="default: the task's own")
    parser.add_argument("--part", choices=PARTS, default="test")
    parser.add_argument("--out", type=Path, default=Path("out/tasks"))
    return parser.parse_intermixed_args()


def main() -> None:
    """Print the table, a line as soon as it is known."""
    asked = arguments()
    task = build.task(ravine.read_run(asked.preset, asked.words))
    names = asked.splits.split(",") if asked.splits else task.splits
    splits = [fixed_split(task, name, asked.problems, PARTS[asked.part]) for name in names]
    print(row(asked.preset, "split", [*(metric.name for metric in task.metrics()), "solve s", "train s"]))
    changes = [word for word in asked.words if word.partition(".")[0] in runs.USE_SECTIONS]
    found: dict[str, list[list[float]]] = {name: [] for name in names}
    for seed in range(asked.seeds):
        run = trained(asked.preset, asked.words, seed, asked.out / f"{asked.preset}-{seed}", changes)
        for split in splits:
            values, seconds = scored(run, split)
            found[split.name].append(values)
            costs = [f"{seconds:.1f}", f"{runs.train_seconds(run.directory):.0f}"]
            print(row(f"seed {seed}", split.name, [*(f"{value:.4g}" for value in values), *costs]), flush=True)
    for name, each in found.items():
        for what, pick in SUMMARIES.items() if len(each) > 1 else ():
            columns = [f"{pick(column):.4g}" for column in zip(*each, strict=True)]
            print(row(f"{what} of {len(each)} seeds", name, columns))
        if len(each) > 1:
            pairs = [
                ends(column, metric) for column, metric in zip(zip(*each, strict=True), task.metrics(), strict=True)
            ]
            for what, column in zip(("low", "high"), zip(*pairs, strict=True), strict=True):
                print(row(f"{what} end, 95 %", name, [f"{value:.4g}" for value in column]))
    show_rules(task, splits)


if __name__ == "__main__":
    main()
