"""What rules that need no energy reach on the matrix tasks: the mean squared error of each, by split.

    python benchmarks/matrix_baselines.py [--fit 20000] [--problems 4000] [TASK ...]

A task's rules are fitted on `--fit` training problems and scored on the first `--problems` test problems of each split.
"""

import argparse

from ravine.config.schema import TASKS
from ravine.tasks.base import Task
from ravine.tasks.fixed import fixed_split
from ravine.tasks.matrices.base import MatrixTask


def matrix_tasks() -> dict[str, Task]:
    """Return every matrix task at its own size."""
    built = {name: config.model_validate({}).build() for name, config in TASKS.shipped.items()}
    return {name: task for name, task in built.items() if isinstance(task, MatrixTask)}


def main() -> None:
    """Print a table."""
    tasks = matrix_tasks()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", choices=[[], *tasks], help="default: all")
    parser.add_argument("--fit", type=int, default=20_000, help="problems that rules are fitted on")
    parser.add_argument("--problems", type=int, default=4000, help="problems that they are scored on")
    words = parser.parse_args()
    print("| task | rule | same | harder |\n|---|---|---|---|")
    for name in words.tasks or tasks:
        task = tasks[name]
        splits = [fixed_split(task, split, words.problems).batch for split in ("same", "harder")]
        for rule, baseline in task.baselines().items():
            predict = baseline.fit(task.fixed("same", "fit", words.fit))
            errors = [task.metric("mse").values(batch, predict(batch.problems())).double() for batch in splits]
            cells = [f"{float(e.mean()):.3g} ± {float(e.std() / len(e) ** 0.5):.1g}" for e in errors]
            print(f"| {name} | {rule} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
