"""What predictors without an energy reach, and skill: how much better than the best trivial one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ravine.tasks.base import Task
from ravine.tasks.fixed import FIT_PROBLEMS, FixedSplit, blocks

EXACT = 1e-12


@dataclass(frozen=True)
class BaselineScore:
    """One baseline's mean squared error by split; only `trivial` ones count for skill."""

    name: str
    trivial: bool
    mse: Mapping[str, float]


def baseline_scores(task: Task, splits: Sequence[FixedSplit], fit_problems: int = FIT_PROBLEMS) -> list[BaselineScore]:
    """Fit every baseline of the task on its training distribution and score it on the fixed splits."""
    result = []
    for name, baseline in task.baselines().items():
        predict = baseline.fit(blocks(task, task.splits[0], "fit", fit_problems))
        mse = {}
        for split in splits:
            batch = split.batch
            mse[split.name] = float(task.scores(batch, predict(batch.x)).mse.double().mean())
        result.append(BaselineScore(name, baseline.trivial, mse))
    return result


def skill(mse: float, baselines: Sequence[BaselineScore], split: str) -> float | None:
    """Return 1 - MSE / MSE of the best trivial baseline; None where a trivial baseline is exact or none was scored."""
    trivial = [baseline.mse[split] for baseline in baselines if baseline.trivial and split in baseline.mse]
    if not trivial or min(trivial) < EXACT:
        return None
    return 1 - mse / min(trivial)
