"""What a run's directory keeps of its evaluation: scores with what they rest on, and scores by budget."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ravine.evaluation.budget import BudgetScore
from ravine.evaluation.score import Measured, SplitScore
from ravine.tasks.metrics.base import Metric
from ravine.training import checkpoint
from ravine.training.directory import RunDirectory, write_json

SCHEMA = 2
LANDSCAPES = "landscapes.json"
BUDGET = "budget.json"


@dataclass(frozen=True)
class Basis:
    """What a run's scores rest on.

    `step`, `batch`, `evaluations`, `operations`: the budget of training, in optimiser steps, problems per step, energy
    evaluations, and operations as `build.cost` counts them;
    `validation`: mean squared errors of the averaged and the raw weights on the same validation problems;
    `version`: of the run's code.
    """

    step: int
    batch: int
    evaluations: int
    operations: float
    validation: Mapping[str, float]
    version: str


def save_scores(
    directory: RunDirectory,
    metrics: Sequence[Metric],
    scores: Sequence[SplitScore],
    budgets: Mapping[str, Sequence[BudgetScore]],
    basis: Basis,
) -> None:
    """Write the scores, with what they rest on, to `evaluation.json` and every problem's metrics to `errors.npz`.

    `budgets`: scores at other ways of solving, by split; their metrics stand beside the run's as "name@STEPSxSTARTS".
    """
    ways = [(entry.steps, entry.starts) for entries in budgets.values() for entry in entries]
    splits = {entry.split: all_metrics(entry, budgets.get(entry.split, ())) for entry in scores}
    save_problems(directory, splits)
    content = {
        "schema": SCHEMA,
        "step": basis.step,
        "batch": basis.batch,
        "version": basis.version,
        "training_evaluations": basis.evaluations,
        "training_operations": basis.operations,
        "validation": basis.validation,
        "metrics": described_metrics(metrics, ways),
        "splits": {entry.split: {**described(entry), "metrics": means(splits[entry.split])} for entry in scores},
    }
    write_json(directory.evaluation, content)


def all_metrics(entry: SplitScore, budgets: Sequence[BudgetScore]) -> dict[str, Measured]:
    """Return a split's metrics by name, those at other budgets of solving among them."""
    others = {
        at_budget(name, score.steps, score.starts): measured
        for score in budgets
        for name, measured in score.metrics.items()
    }
    return {**entry.metrics, **others}


def at_budget(name: str, steps: int, starts: int) -> str:
    """Return the name of a metric at a budget of solving."""
    return f"{name}@{steps}x{starts}"


def save_problems(directory: RunDirectory, splits: Mapping[str, Mapping[str, Measured]]) -> None:
    """Write every problem's metrics as "split/metric", and their weights, if any, as "split/metric/weights"."""
    arrays = {}
    for split, metrics in splits.items():
        for name, measured in metrics.items():
            arrays[f"{split}/{name}"] = measured.values
            if measured.weights is not None:
                arrays[f"{split}/{name}/weights"] = measured.weights
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **arrays)
    checkpoint.write_atomically(directory.errors, packed.getvalue())


def described_metrics(metrics: Sequence[Metric], budgets: Iterable[tuple[int, int]]) -> dict[str, dict[str, Any]]:
    """Return what a reader must know of metrics, by name, those at pairs of steps and starts among them."""
    shown = {metric.name: described_metric(metric) for metric in metrics}
    for steps, starts in budgets:
        for metric in metrics:
            label = f"{metric.label}, {starts} start{'s' * (starts > 1)}" + f" of {steps} steps" * (steps > 0)
            shown[at_budget(metric.name, steps, starts)] = {**described_metric(metric), "label": label}
    return shown


def described_metric(metric: Metric) -> dict[str, Any]:
    """Return what a reader must know of a metric: its label, direction, scale and the value of a perfect answer."""
    return {"label": metric.label, "better": metric.better, "scale": metric.scale, "target": metric.target}


def described(entry: SplitScore) -> dict[str, Any]:
    """Return a split's score as plain values, without those of every problem."""
    return {
        "metrics": means(entry.metrics),
        "problems": entry.problems,
        "hash": entry.hash,
        "solve_evaluations": entry.evaluations,
        "solve_seconds": round(entry.seconds, 3),
    }


def means(metrics: Mapping[str, Measured]) -> dict[str, dict[str, float | None]]:
    """Return every metric's mean over problems and its standard error."""
    return {name: {"value": each.mean, "standard_error": each.standard_error} for name, each in metrics.items()}


def budget_content(scores: Mapping[str, Sequence[BudgetScore]], problems: int, step: int) -> dict[str, Any]:
    """Return scores by budget in the form of `budget.json`; `step`: of the weights that were scored."""
    splits = {name: [budget_entry(entry) for entry in entries] for name, entries in scores.items()}
    return {"schema": SCHEMA, "problems": problems, "step": step, "splits": splits}


def budget_entry(entry: BudgetScore) -> dict[str, Any]:
    """Return one budget's scores as plain values."""
    return {
        "steps": entry.steps,
        "starts": entry.starts,
        "metrics": means(entry.metrics),
        "distinct": entry.distinct,
        "ceiling": entry.ceiling,
        "evaluations": entry.evaluations,
        "seconds": entry.seconds,
    }
