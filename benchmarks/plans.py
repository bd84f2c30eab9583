"""Shortest paths: rules and finished runs by every metric and in a closed loop, on each split.

    python benchmarks/plans.py [RUN ...] [--task NAME] [--problems 1000] [--part validation] [field=value ...]

In a closed loop one takes the first move of a plan and makes another plan from there: `loop` is the share who reach the
goal within as many moves as a plan has, `shortest` the share who do so by a shortest way. Fields change the task, and
how runs are solved (task.n_harder=50, solve.rounds=20). The last column: seconds for a split, the loop included.
"""

import argparse
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

import ravine
from ravine import build, runs
from ravine.batch import Batch
from ravine.config import read_run
from ravine.seeding import Seeds
from ravine.tasks.base import Purpose, Task
from ravine.tasks.baselines import Predictor
from ravine.tasks.fixed import fixed_split
from ravine.tasks.plans.closed_loop import closed_loop

PARTS: Mapping[str, Purpose] = {"test": "test", "validation": "validation"}


def solver_of(run: runs.LoadedRun) -> Predictor:
    """Return the predictor that solves problems as the run does, from one start of a fixed seed."""
    solver = build.answering(run.config, run.task, run.config.solve.steps)

    def predict(problems: Batch) -> Tensor:
        start = torch.randn((1, *problems.y.shape), generator=Seeds(0, ("benchmark", "plans")).generator())
        return solver.solve(run.energy, problems, start).answer

    return predict


def line(name: str, cells: Sequence[str]) -> str:
    """Return one line of the table."""
    return f"{name:<42}" + "".join(f"{cell:>11}" for cell in cells)


def scored(task: Task, batch: Batch, predict: Predictor) -> list[str]:
    """Return a predictor's scores on a split: every metric, the closed loop, seconds."""
    begun = time.perf_counter()
    answer = predict(batch.problems())
    values = [float(metric.values(batch, answer).mean()) for metric in task.metrics()]
    walked = closed_loop(batch, predict)
    values += [float(reached.double().mean()) for reached in (walked.arrives, walked.optimal)]
    return [f"{value:.4f}" for value in values] + [f"{time.perf_counter() - begun:.1f}"]


def arguments() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", metavar="RUN or field=value")
    parser.add_argument("--task", default="shortest-path-1d")
    parser.add_argument("--problems", type=int, default=1000)
    parser.add_argument("--part", choices=sorted(PARTS), default="test")
    return parser.parse_intermixed_args()


def main() -> None:
    """Print the table."""
    asked = arguments()
    fields = [word for word in asked.words if "=" in word]
    own = [field for field in fields if field.startswith("task.")]
    task = build.task(read_run("shortest-path", [f"task.name={asked.task}", *own]))
    loaded = {word: runs.load(Path(word), overrides=fields) for word in asked.words if "=" not in word}
    predictors = {name: rule.fit(iter(())) for name, rule in task.baselines().items()}
    predictors |= {f"{word} (step {run.step})": solver_of(run) for word, run in loaded.items()}
    names = [*(metric.name for metric in task.metrics()), "loop", "shortest", "seconds"]
    for split in task.splits:
        batch = fixed_split(task, split, asked.problems, PARTS[asked.part]).batch
        print(line(f"{split}, {asked.problems} {asked.part} problems", names))
        for name, predict in predictors.items():
            print(line(name, scored(task, batch, predict)), flush=True)


if __name__ == "__main__":
    print(f"ravine {ravine.__version__}, torch {torch.__version__}")
    main()
