"""Studies' directories made of numbers drawn, not trained: everything that a report can show, with known effects."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ravine.analysis.plan import PlannedRun, Registration, run_path
from ravine.config import RunConfig, StudyConfig, arm_run
from ravine.experiments.results import results
from ravine.statistics.scale import DivergenceRule
from ravine.training.directory import write_json

N, K = 6, 10
SPLITS = ("same", "harder")
RATIO = {"better": "lower", "scale": "ratio", "target": 0.0}
POINTS = {"better": "higher", "scale": "points", "target": 1.0}
Matrix = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Rng = np.random.Generator
Values = Mapping[str, float]


@dataclass(frozen=True)
class World:
    """What is solved: its metrics, which of them decides, the trivial baselines, and values at no effect by split."""

    task: str
    metrics: Mapping[str, Mapping[str, Any]]
    metric: str
    validated: str
    margin: float
    baselines: Mapping[str, Mapping[str, Values]]
    usual: Values


MATRICES = World(
    task="inverse/6x6",
    metrics={"mse": {"label": "MSE", **RATIO}, "residual": {"label": "residual", **RATIO}},
    metric="mse",
    validated="mse",
    margin=0.05,
    baselines={
        "zero": {"same": {"mse": 0.0586, "residual": 1.0}, "harder": {"mse": 0.739, "residual": 1.0}},
        "least squares": {"same": {"mse": 0.0197, "residual": 0.8}, "harder": {"mse": 0.563, "residual": 0.9}},
        "Newton-Schulz (20)": {split: {"mse": 1e-14, "residual": 1e-7} for split in SPLITS},
    },
    usual={"same": 0.0197, "harder": 0.563},
)
"""Errors, compared as ratios."""
BOARDS = World(
    task="boards/4x4",
    metrics={
        "cells": {"label": "unknown cells", **POINTS},
        "solved": {"label": "solved", **POINTS},
        "solved@5x16": {"label": "solved, 16 starts of 5 steps", **POINTS},
    },
    metric="solved",
    validated="cells",
    margin=0.01,
    baselines={
        "naked singles": {"same": {"cells": 0.96, "solved": 0.787}, "harder": {"cells": 0.5, "solved": 0.158}},
        "first value": {split: {"cells": 0.26, "solved": 0.0} for split in SPLITS},
        "search": {split: {"cells": 1.0, "solved": 1.0} for split in SPLITS},
    },
    usual={"same": 0.79, "harder": 0.41},
)
"""Shares of problems solved, compared as differences in points."""
EXACT = ("Newton-Schulz (20)", "search")


@dataclass(frozen=True)
class Plan:
    """What to plant: each arm's changes and its effect on the logarithm or the logit; other ends, by arm and seed."""

    arms: Mapping[str, Mapping[str, Any]]
    effects: Mapping[str, float] = field(default_factory=dict)
    seeds: int = 5
    spread: float = 0.05
    states: Mapping[tuple[str, int], str] = field(default_factory=dict)
    rows: int = 60
    steps: int = 3000
    measured: bool = True
    divergence: DivergenceRule = "worse-than-zero"
    world: World = MATRICES


THREE = {name: {"mining.arm": name} for name in ("none", "random", "adversarial")}
GRID = {
    f"s{steps}-x{scale:g}": {"mining.arms.mine.refine.steps": steps, "mining.arms.mine.propose.scale": scale}
    for steps in (0, 2, 5, 10)
    for scale in (1.0, 3.0, 9.0)
}


def plant(out: Path, plan: Plan, seed: int = 0) -> Path:
    """Write a study's directory and return it."""
    rng = np.random.default_rng(seed)
    mining = {"arm": "mine", "arms": {"mine": {}}} if "s0-x1" in plan.arms else {}
    run = RunConfig.model_validate({"task": {"n": N}, "training": {"steps": plan.steps}, "mining": mining})
    baseline = next(iter(plan.arms))
    study = StudyConfig.model_validate({"run": run, "arms": plan.arms, "baseline": baseline, "seeds": plan.seeds})
    out.mkdir(parents=True)
    write_json(out / "study.json", {**study.model_dump(mode="json"), "metric": plan.world.metric})
    planned = [
        PlannedRun(arm, index, arm_run(study, arm, index).model_dump(mode="json"), run_path(out, arm, index))
        for arm in plan.arms
        for index in range(plan.seeds)
    ]
    shared = rng.normal(0, 0.1, plan.seeds)
    for entry in planned:
        plant_run(entry, plan, float(shared[entry.seed]), rng)
    world = plan.world
    baselines = {
        name: {split: {"trivial": name not in EXACT, "metrics": values} for split, values in splits.items()}
        for name, splits in world.baselines.items()
    }
    hashes = {split: f"{split}-hash" for split in SPLITS}
    write_json(out / "baselines.json", {"hashes": hashes, "baselines": baselines})
    against = baseline if len(plan.arms) > 1 else None
    decided = Registration(against, plan.seeds, "same", world.margin, metric=world.metric, divergence=plan.divergence)
    write_json(out / "results.json", results(world.task, planned, baselines, decided, metrics=world.metrics))
    return out


def plant_run(run: PlannedRun, plan: Plan, shared: float, rng: Rng) -> None:
    """Write one run's directory."""
    state = plan.states.get((run.arm, run.seed), "finished")
    if state == "missing":
        return
    run.path.mkdir(parents=True)
    write_json(run.path / "config.json", run.config)
    effect = plan.effects.get(run.arm, 0.0) + shared
    values = {split: scores(plan.world, split, effect + rng.normal(0, plan.spread), rng) for split in SPLITS}
    mined = "none" not in run.arm
    done = plan.steps if state == "finished" else plan.steps // 2
    rows = metrics(values, plan, mined, done, rng)
    (run.path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    status = {"state": state, "step": done, "seconds": done * (0.03 if mined else 0.01), "steps": plan.steps}
    if state == "diverged":
        status["error"] = f"loss or gradient not finite at step {done}; lower optimizer.learning_rate"
    write_json(run.path / "status.json", status)
    if state != "finished":
        return
    content = {"schema": 2, "step": done, "training_evaluations": done * 900, "metrics": plan.world.metrics}
    scored = {split: score(split, found) for split, found in values.items()}
    write_json(run.path / "evaluation.json", {**content, "splits": scored})
    if plan.measured:
        digits = plan.world is BOARDS
        good = math.exp(effect / 2 if digits else -3 * effect)
        write_json(run.path / "landscapes.json", {"splits": {split: landscapes(good, digits, rng) for split in SPLITS}})
        budgets = {split: budget(plan.world, found, rng) for split, found in values.items()}
        write_json(run.path / "budget.json", {"schema": 2, "problems": 64, "splits": budgets})


def scores(world: World, split: str, effect: float, rng: Rng) -> dict[str, float]:
    """Return a run's metrics on a split, moved by an effect from the usual ones."""
    usual = world.usual[split]
    if world is MATRICES:
        return {"mse": usual * math.exp(effect), "residual": 0.7 * math.exp(effect + rng.normal(0, 0.02))}
    odds = math.log(usual / (1 - usual)) + effect
    shares = {"cells": odds + 2, "solved": odds, "solved@5x16": odds + 0.7}
    return {name: round(2000 / (1 + math.exp(-value))) / 2000 for name, value in shares.items()}


def score(split: str, values: Values) -> dict[str, Any]:
    """Return a split's entry of `evaluation.json`."""
    shown = {name: {"value": value, "standard_error": value / 40} for name, value in values.items()}
    cost = {"solve_evaluations": 70, "solve_seconds": 2.0}
    return {"metrics": shown, "problems": 2000, "hash": f"{split}-hash", **cost}


def metrics(values: Mapping[str, Values], plan: Plan, mined: bool, done: int, rng: Rng) -> list[dict[str, Any]]:
    """Return a run's logged rows, a validation after every tenth."""
    rows: list[dict[str, Any]] = []
    every = max(plan.steps // plan.rows, 1)
    for index, step in enumerate(range(every, done + 1, every)):
        loss = float(0.05 + np.exp(-4 * step / plan.steps) * np.exp(rng.normal(0, 0.05)))
        arm = {"share": 1.0, "energy_negative": 33.0, "gap": float(5 * step / plan.steps + rng.normal(0, 0.2))}
        rows.append(
            {
                "step": step,
                "loss": loss,
                "denoise": loss,
                "contrast": 0.3,
                "energy_positive": 31.8,
                "gradient_norm": 1.2,
                "temperature": 1.0,
                "weight": 0.5,
                "mining": mined,
                "arms": {"mine": arm} if mined else {},
                "learning_rate": 0.001,
                "evaluations": step * (1280 if mined else 256),
                "seconds": round(step * (0.03 if mined else 0.01) * (1 + 0.02 * rng.random()), 3),
            }
        )
        if index % 10 == 9:
            late = float(np.exp(-5 * step / plan.steps))
            factor = 1 + 2 * late if plan.world is MATRICES else 1 - 0.6 * late
            shown = {split: found[plan.world.validated] * factor for split, found in values.items()}
            rows.append({"step": step, "metric": plan.world.validated, "validation": shown})
    return rows


def landscapes(good: float, digits: bool, rng: Rng) -> dict[str, Any]:
    """Return a split's landscapes: energies that rise with distance, and answers that form."""
    k = np.arange(K)
    rows = [
        {
            "k": int(index),
            "gap": float(good * 20 / (1 + index) * (1 + 0.1 * rng.normal())),
            "auc": float(np.clip(1 - 0.06 * index + 0.02 * rng.normal(), 0, 1)) if digits else None,
            "rank_correlation": float(np.tanh(good * (1 - index / K)) * 0.9),
            "cosine": float(0.2 + 0.7 * index / K),
            "noise_norm": float(6 + rng.normal(0, 0.2)),
            "accepted": float(np.clip(0.95 - 0.05 * index + 0.02 * rng.normal(), 0, 1)),
        }
        for index in k
    ]
    distances = np.linspace(0, 2, 15)
    axis = np.linspace(-1.5, 1.5, 31)
    u, v = np.meshgrid(axis, axis)
    plane = u**2 + 2.5 * (v - 0.3 * u**2) ** 2
    path = np.linspace(0, 1, 9)[:, None] ** 0.6 * np.array([-1.2, -0.7]) + np.array([1.2, 0.7])
    right = [rng.integers(1, N + 1, (N, N)).astype(float) if digits else rng.normal(0, 1, (N, N)) for _ in range(2)]
    answers = [[answer(target, digits, step, rng) for step in range(K)] for target in right]
    return {
        "problems": 64,
        "landscapes": rows,
        "distance": {
            "distances": distances.tolist(),
            "energy": [(distances ** (1 + index / K) * 50 / (1 + index)).tolist() for index in k],
        },
        "slice": {
            "k": 0,
            "axis": axis.tolist(),
            "energy": plane.tolist(),
            "path": path.tolist(),
            "levels": [(plane[::3, ::3] / (1 + index)).tolist() for index in k],
        },
        "forming": {
            "right": [target.tolist() for target in right],
            "answers": [[answer.tolist() for answer in steps] for steps in answers],
            "k": list(range(K))[::-1],
            "energies": [[[50.0 / (1 + step), 40.0 / (1 + step)] for step in range(K)] for _ in right],
            **(boards(right) if digits else {}),
        },
    }


def boards(right: Sequence[Matrix]) -> dict[str, Any]:
    """Return what is known of boards beside their digits."""
    given = [[[column % 2 for column in range(N)] for _ in range(N)] for _ in right]
    return {"digits": True, "symbols": ".abcdef", "rulers": [2, 3], "given": given}


def answer(right: Matrix, digits: bool, step: int, rng: Rng) -> Matrix:
    """Return what a run answers after `step` landscapes."""
    if not digits:
        return right + rng.normal(0, 2.0 * 0.45**step, right.shape)
    return np.where(rng.random(right.shape) < 0.8 * 0.6**step, rng.integers(1, N + 1, right.shape), right)


def budget(world: World, values: Values, rng: Rng) -> list[dict[str, Any]]:
    """Return a split's budgets: more steps and starts help, with diminishing returns."""
    found = []
    for starts in (1, 4, 16):
        for steps in (1, 2, 5, 10, 20, 50):
            gain = (0.8 + 1.2 / steps) * starts**-0.2 * float(np.exp(rng.normal(0, 0.02)))
            shown = {
                name: value * gain if world is MATRICES else value ** min(gain, 1.5)
                for name, value in values.items()
                if "@" not in name
            }
            found.append(
                {
                    "steps": steps,
                    "starts": starts,
                    "metrics": score("", shown)["metrics"],
                    "distinct": starts**0.7,
                    "ceiling": 1 - 0.4 * starts**-0.7,
                    "evaluations": 10 * steps * starts,
                    "seconds": 0.05 * steps * starts,
                }
            )
    return found


def outcome(arms: Sequence[str]) -> dict[str, Any]:
    """Return an outcome as a study may carry one."""
    return {
        "name": "Mining helps",
        "sentence": f"Mining helps: {arms[-1]} is better than none by at least 5 % (ratio 0.818, simultaneous 95 % "
        "interval 0.77 to 0.869, 10 seeds, p = 0.0001).",
        "evidence": ["On the deciding split every seed is better.", "Random mining is equivalent to none."],
        "next": ["Ablate the steps of refinement: `ravine compare examples/ablation.toml`.", "Try the harder split."],
    }
