"""What predictors without an energy reach, and skill: how much of the way from the best trivial one to perfect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ravine.evaluation.score import Measured, measured
from ravine.statistics.skill import best_trivial as best_of
from ravine.statistics.skill import skill as skill_of
from ravine.tasks.base import Task
from ravine.tasks.fixed import FIT_PROBLEMS, FixedSplit
from ravine.tasks.metrics.base import Metric


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


def trivial_values(baselines: Sequence[BaselineScore], split: str, metric: Metric) -> list[float]:
    """Return the trivial baselines' values of a metric on a split."""
    return [entry.value(split, metric.name) for entry in baselines if entry.trivial and split in entry.splits]


def best_trivial(baselines: Sequence[BaselineScore], split: str, metric: Metric) -> float | None:
    """Return the best trivial baseline's value of a metric on a split; None where none was scored."""
    return best_of(trivial_values(baselines, split, metric), metric.better)


def skill(value: float, baselines: Sequence[BaselineScore], split: str, metric: Metric) -> float | None:
    """Return 1 - |target - value| / |target - best trivial|: 0 is no better than a trivial rule, 1 is perfect.

    None where a trivial baseline is exact or none was scored.
    """
    return skill_of(value, trivial_values(baselines, split, metric), metric.target, metric.better)
