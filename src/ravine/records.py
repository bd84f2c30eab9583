"""What a run's directory keeps of its evaluation: scores with what they rest on, and accuracy by budget."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ravine.evaluation.budget import BudgetScore
from ravine.evaluation.score import SplitScore
from ravine.training import checkpoint
from ravine.training.directory import RunDirectory, write_json

LANDSCAPES = "landscapes.json"
BUDGET = "budget.json"


@dataclass(frozen=True)
class Basis:
    """What a run's scores rest on.

    `step`, `batch`, `evaluations`: the budget of training, in optimiser steps, problems per step, energy evaluations;
    `validation`: mean squared errors of the averaged and the raw weights on the same validation problems;
    `version`: of the run's code.
    """

    step: int
    batch: int
    evaluations: int
    validation: Mapping[str, float]
    version: str


def save_scores(directory: RunDirectory, scores: Sequence[SplitScore], basis: Basis) -> None:
    """Write the scores, with what they rest on, to `evaluation.json` and every problem's errors to `errors.npz`."""
    arrays = {}
    for entry in scores:
        arrays[f"{entry.split}/mse"] = entry.mse_per_problem
        arrays[f"{entry.split}/residual"] = entry.residual_per_problem
    packed = io.BytesIO()
    np.savez(packed, **arrays)  # type: ignore[arg-type]
    checkpoint.write_atomically(directory.errors, packed.getvalue())
    content = {
        "step": basis.step,
        "batch": basis.batch,
        "version": basis.version,
        "training_evaluations": basis.evaluations,
        "validation": basis.validation,
        "splits": {entry.split: described(entry) for entry in scores},
    }
    write_json(directory.evaluation, content)


def described(entry: SplitScore) -> dict[str, Any]:
    """Return a split's score as plain values, without the errors of every problem."""
    return {
        "mse": entry.mse,
        "standard_error": entry.standard_error,
        "residual": entry.residual,
        "problems": len(entry.mse_per_problem),
        "hash": entry.hash,
        "solve_evaluations": entry.evaluations,
        "solve_seconds": round(entry.seconds, 3),
    }


def budget_content(scores: Mapping[str, Sequence[BudgetScore]], problems: int, step: int) -> dict[str, Any]:
    """Return accuracy by budget in the form of `budget.json`; `step`: of the weights that were scored."""
    splits = {name: [asdict(entry) for entry in found] for name, found in scores.items()}
    return {"problems": problems, "step": step, "splits": splits}
