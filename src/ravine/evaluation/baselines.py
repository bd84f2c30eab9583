"""What predictors without an energy reach on fixed splits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ravine.evaluation.score import Measured, measured
from ravine.tasks.base import Task
from ravine.tasks.fixed import FIT_PROBLEMS, FixedSplit


@dataclass(frozen=True)
class BaselineScore:
    """One baseline's metrics by split and name; only `trivial` ones count for skill."""

    name: str
    trivial: bool
    splits: Mapping[str, Mapping[str, Measured]]

    def value(self, split: str, metric: str) -> float:
        """Return the mean of a metric on a split."""
        return self.splits[split][metric].mean


def baseline_scores(task: Task, splits: Sequence[FixedSplit], fit_problems: int = FIT_PROBLEMS) -> list[BaselineScore]:
    """Fit every baseline of the task on its training distribution and score it on the fixed splits."""
    result, metrics = [], task.metrics()
    for name, baseline in task.baselines().items():
        predict = baseline.fit(task.fixed(task.splits[0], "fit", fit_problems))
        scored = {split.name: measured(metrics, split.batch, predict(split.batch.problems())) for split in splits}
        result.append(BaselineScore(name, baseline.trivial, scored))
    return result
