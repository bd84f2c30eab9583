"""Studies whose truth is known: runs made in memory, or written as a thousand directories."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ravine.analysis.kinds import Kind
from ravine.analysis.measure import measures_of
from ravine.analysis.outcome import RunResult
from ravine.analysis.plan import PlannedRun, Registration, run_path

Errors = npt.NDArray[np.float64]
KINDS: dict[str, Kind] = {"none": "none", "random": "random", "adversarial": "mined"}
ARMS = tuple(KINDS)
METRICS: dict[str, dict[str, Any]] = {
    "mse": {"label": "MSE", "better": "lower", "scale": "ratio", "target": 0.0},
    "solved": {"label": "solved", "better": "higher", "scale": "points", "target": 1.0},
}


def baselines(splits: Sequence[str]) -> dict[str, dict[str, dict[str, Any]]]:
    """A zero predictor that no planted error comes near."""
    return {"zero": {split: {"trivial": True, "metrics": {"mse": 1e6, "solved": 0.0}} for split in splits}}


def registration(seeds: int, **changes: Any) -> Registration:
    return Registration(**{"baseline": "none", "seeds": seeds, "split": "same", "margin": 0.05, **changes})


def planted_errors(
    generator: np.random.Generator, ratios: Sequence[float], shape: tuple[int, ...], spread: float
) -> list[Errors]:
    """Errors by arm, each of `shape` (..., seeds): the first arm's, and others at the true `ratios` to it.

    The log-ratios of each arm to the first have the standard deviation `spread`.
    """
    first = np.exp(generator.normal(-4, 0.3, shape))
    return [first, *(ratio * first * np.exp(generator.normal(0, spread, shape)) for ratio in ratios)]


def planted_shares(
    generator: np.random.Generator, gains: Sequence[float], shape: tuple[int, ...], spread: float, first: float = 0.6
) -> list[Errors]:
    """Shares of solved problems by arm, each of `shape` (..., seeds): the first arm's, and others at the true `gains`.

    The differences of each arm to the first have the standard deviation `spread`.
    """
    base = first + generator.normal(0, 0.05, shape)
    return [base, *(base + gain + generator.normal(0, spread, shape) for gain in gains)]


def runs_of(values: Sequence[Errors], splits: Sequence[str] = ("same",), metric: str = "mse") -> list[RunResult]:
    """Runs of as many arms as there are values, each (splits, seeds), with everything else equal."""
    common = {"problems": 50, "hash": "abc", "solve_evaluations": 70}
    facts = {"steps": 6, "batch": 8, "version": "0.1.0+aa", "energy_evaluations": 48, "train_seconds": 1.0}
    return [
        RunResult(
            arm,
            seed,
            "finished",
            {
                split: {**common, "metrics": {metric: {"value": float(value), "standard_error": 0.1}}}
                for split, value in zip(splits, by_arm[:, seed], strict=True)
            },
            facts,
            kind=KINDS[arm],
            metrics=measures_of({metric: METRICS[metric]}),
        )
        for arm, by_arm in zip(ARMS, values, strict=False)
        for seed in range(by_arm.shape[1])
    ]


def write_study(folder: Path, arms: int, seeds: int, rows: int = 200) -> list[PlannedRun]:
    """A study's directories as training leaves them, with `rows` logged and 20 validations each; errors are random."""
    generator = np.random.default_rng(0)
    names = [f"arm-{index}" for index in range(arms)]
    plan = [PlannedRun(arm, seed, {}, run_path(folder, arm, seed)) for seed in range(seeds) for arm in names]
    arm_row = {"share": 1.0, **dict.fromkeys(("gap", "before", "after", "accepted", "bound", "far"), 0.123456789)}
    for run in plan:
        run.path.mkdir(parents=True)
        lines = []
        for step in range(1, rows + 1):
            row = {"step": step, "loss": 1.0, "arms": {"adversarial": arm_row}, "evaluations": 8 * step}
            lines.append(json.dumps({**row, "seconds": 0.5 * step}))
            if step % (rows // 20) == 0:
                row = {"step": step, "metric": "mse", "validation": {"same": 1 / step, "harder": 2 / step}}
                lines.append(json.dumps(row))
        (run.path / "metrics.jsonl").write_text("\n".join(lines) + "\n")
        status = {"state": "finished", "step": rows, "seconds": 0.5 * rows}
        (run.path / "status.json").write_text(json.dumps(status))
        split = {"problems": 50, "hash": "abc", "solve_evaluations": 70, "solve_seconds": 1.0}
        errors = np.exp(generator.normal(-4, 0.1, 2))
        scored = {
            name: {**split, "metrics": {"mse": {"value": float(mse), "standard_error": 0.1}}}
            for name, mse in zip(("same", "harder"), errors, strict=True)
        }
        content = {"schema": 2, "step": rows, "batch": 8, "version": "a", "training_evaluations": 8 * rows}
        content |= {"metrics": {"mse": METRICS["mse"]}, "splits": scored}
        (run.path / "evaluation.json").write_text(json.dumps(content))
    return plan
