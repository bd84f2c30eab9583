"""Boards solved by the Sudoku presets: by seed, split and starts, with seconds of training, beside the rules.

    python benchmarks/sudoku.py sudoku-6 [--seeds 3] [--starts 1,16,64] [--problems 1000] [field=value ...]

Training and solving are each preset's own; finished runs in `--out` are not repeated. `--file seventeen=PATH` adds a
split of boards of yours, all of them scored.
"""

import argparse
from pathlib import Path

import ravine
from ravine import runs
from ravine.evaluation.baselines import baseline_scores
from ravine.tasks.fixed import fixed_split

METRIC = "solved"


def trained(preset: str, words: list[str], seed: int, out: Path) -> Path:
    """Return the directory of a finished run of the preset."""
    directory = out / f"{preset}-{seed}"
    ravine.train(ravine.read_run(preset, [*words, f"seed={seed}"]), directory, resume=directory.exists())
    return directory


def row(name: str, split: str, cells: list[str]) -> str:
    """Return one line of the table."""
    return f"{name:<26}{split:<12}" + "".join(f"{cell:>12}" for cell in cells)


def main() -> None:
    """Print the table, a line as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset")
    parser.add_argument("words", nargs="*")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--starts", default="1,16,64")
    parser.add_argument("--problems", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=Path("out/sudoku"))
    parser.add_argument("--file", metavar="NAME=PATH")
    asked = parser.parse_args()
    starts = [int(word) for word in asked.starts.split(",")]
    splits = ["same", "harder"]
    changes = []
    if asked.file:
        name, path = asked.file.split("=", 1)
        splits, changes = [name], [f"task.files.{name}={path}"]
    changes.append(f"evaluation.splits={splits}".replace("'", '"'))
    print(row("boards solved", "split", [*[f"{count} starts" for count in starts], "training s"]))
    for seed in range(asked.seeds):
        directory = trained(asked.preset, asked.words, seed, asked.out)
        run = ravine.load(directory, overrides=changes)
        seconds = f"{runs.train_seconds(run.directory):.0f}"
        for split, scores in runs.budgets(run, [run.config.solve.steps], starts, asked.problems).items():
            shares = [f"{score.metrics[METRIC].mean:.4f}" for score in scores]
            print(row(f"{asked.preset}, seed {seed}", split, [*shares, seconds]), flush=True)
    for baseline in baseline_scores(run.task, [fixed_split(run.task, split, asked.problems) for split in splits]):
        for split in splits:
            print(row(baseline.name, split, [f"{baseline.value(split, METRIC):.4f}"]))


if __name__ == "__main__":
    main()
