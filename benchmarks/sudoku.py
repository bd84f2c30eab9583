"""Boards solved by the Sudoku presets: by seed, split and starts, with seconds of training, beside the rules.

    python benchmarks/sudoku.py sudoku-6 [--seeds 3] [--starts 1,16,64] [--problems 1000] [field=value ...]

Training and solving are each preset's own; finished runs in `--out` are not trained again, and fields of solve and
compute change how they are scored (compute.device=cuda, solve.rounds=12). `--finished` trains nothing at all, and
scores the seeds that are there. `--file seventeen=PATH` scores the boards in a file of yours instead, and `--part
validation` those that settings may be chosen on. The last columns: boards that any start solves by the verifier,
distinct answers among the starts, seconds.
"""

import argparse
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

import ravine
from ravine import build, runs
from ravine.evaluation.baselines import baseline_scores
from ravine.evaluation.budget import BudgetScore, budget_scores
from ravine.tasks.base import Purpose
from ravine.tasks.fixed import FixedSplit, fixed_split
from ravine.training.checkpoint import newest
from ravine.training.directory import RunDirectory

METRIC = "solved"
PARTS: Mapping[str, Purpose] = {"test": "test", "validation": "validation"}


def finished(directory: Path) -> bool:
    """Return whether a directory holds a run that was trained to its last step, scored or not."""
    if not RunDirectory(directory).config.exists() or newest(RunDirectory(directory).checkpoints) is None:
        return False
    run = ravine.load(directory)
    return run.step == run.config.training.steps


def scores_of(run: runs.LoadedRun, split: FixedSplit, starts: Sequence[int]) -> list[BudgetScore]:
    """Return a run's scores on a split at every number of starts."""

    def solver(steps: int) -> ravine.Solver:
        return build.answering(run.config, run.task, steps)

    steps, device = [run.config.solve.steps], build.device(run.config)
    return budget_scores(run.task, run.energy, solver, split, steps, starts, device)


def row(name: str, split: str, cells: Sequence[str]) -> str:
    """Return one line of the table."""
    return f"{name:<24}{split:<11}" + "".join(f"{cell:>11}" for cell in cells)


def arguments() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset")
    parser.add_argument("words", nargs="*", metavar="field=value")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--starts", default="1,16,64")
    parser.add_argument("--problems", type=int, default=1000)
    parser.add_argument("--part", choices=PARTS, default="test")
    parser.add_argument("--out", type=Path, default=Path("out/sudoku"))
    parser.add_argument("--file", metavar="NAME=PATH")
    parser.add_argument("--finished", action="store_true")
    return parser.parse_intermixed_args()


def main() -> None:
    """Print the table, a line as soon as it is known."""
    asked = arguments()
    starts = [int(word) for word in asked.starts.split(",")]
    directories = {seed: asked.out / f"{asked.preset}-{seed}" for seed in range(asked.seeds)}
    if asked.finished:
        directories = {seed: path for seed, path in directories.items() if finished(path)}
    if not directories:
        raise SystemExit(f"{asked.out}: no finished run of {asked.preset}")
    changes = [word for word in asked.words if word.partition(".")[0] in runs.USE_SECTIONS]
    names = ["same", "harder"]
    if asked.file:
        name, path = asked.file.split("=", 1)
        names, changes = [name], [*changes, f"task.files.{name}={path}"]
    header = [f"{count} starts" for count in starts]
    print(row("boards solved", "split", [*header, "any start", "distinct", "solve s", "train s"]))
    shares: dict[str, list[list[float]]] = {name: [] for name in names}
    for seed, path in directories.items():
        if not finished(path):
            ravine.train(ravine.read_run(asked.preset, [*asked.words, f"seed={seed}"]), path, resume=path.exists())
        run = ravine.load(path, overrides=changes)
        splits = [fixed_split(run.task, name, asked.problems, PARTS[asked.part]) for name in names]
        for split in splits:
            scores = scores_of(run, split, starts)
            most = max(scores, key=lambda score: score.starts)
            shares[split.name].append([score.metrics[METRIC].mean for score in scores])
            cells = [f"{share:.4f}" for share in shares[split.name][-1]]
            cells += [f"{most.ceiling:.4f}", f"{most.distinct:.2f}", f"{most.seconds:.1f}"]
            seconds = f"{runs.train_seconds(run.directory):.0f}"
            print(row(f"{asked.preset}, seed {seed}", split.name, [*cells, seconds]), flush=True)
    for name, rows in shares.items():
        for what, pick in (("mean", statistics.mean), ("least", min), ("most", max)):
            print(
                row(f"{what} of {len(rows)} seeds", name, [f"{pick(column):.4f}" for column in zip(*rows, strict=True)])
            )
    for baseline in baseline_scores(run.task, splits):
        for name in names:
            print(row(baseline.name, name, [f"{baseline.value(name, METRIC):.4f}"]))
    if torch.cuda.is_available():
        print(f"{torch.cuda.get_device_name()}, at most {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB")


if __name__ == "__main__":
    main()
