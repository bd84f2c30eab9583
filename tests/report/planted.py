"""Studies' directories made of numbers drawn, not trained: everything that a report can show, with known effects."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ravine.config import RunConfig, StudyConfig, arm_run
from ravine.studies.collect import results
from ravine.studies.plan import DivergenceRule, PlannedRun, Registration, run_path
from ravine.training.directory import write_json

ZERO = {"same": 0.0586, "harder": 0.739}
LEAST = {"same": 0.0197, "harder": 0.563}
TASK, N, K = "inverse/6x6", 6, 10
Matrix = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@dataclass(frozen=True)
class Plan:
    """What to plant: each arm's changes and its log effect on the error; runs that end otherwise, by arm and seed."""

    arms: Mapping[str, Mapping[str, Any]]
    effects: Mapping[str, float] = field(default_factory=dict)
    seeds: int = 5
    spread: float = 0.05
    states: Mapping[tuple[str, int], str] = field(default_factory=dict)
    rows: int = 60
    steps: int = 3000
    measured: bool = True
    divergence: DivergenceRule = "worse-than-zero"


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
    write_json(out / "study.json", study.model_dump(mode="json"))
    planned = [
        PlannedRun(arm, index, arm_run(study, arm, index).model_dump(mode="json"), run_path(out, arm, index))
        for arm in plan.arms
        for index in range(plan.seeds)
    ]
    shared = rng.normal(0, 0.1, plan.seeds)
    for entry in planned:
        plant_run(entry, plan, float(shared[entry.seed]), rng)
    baselines = {
        "zero": {split: {"mse": mse, "trivial": True} for split, mse in ZERO.items()},
        "least squares": {split: {"mse": mse, "trivial": True} for split, mse in LEAST.items()},
        "Newton-Schulz (20)": {split: {"mse": 1e-14, "trivial": False} for split in ZERO},
    }
    hashes = {split: f"{split}-hash" for split in ZERO}
    write_json(out / "baselines.json", {"hashes": hashes, "baselines": baselines})
    against = baseline if len(plan.arms) > 1 else None
    decided = Registration(against, plan.seeds, "same", 0.05, divergence=plan.divergence)
    write_json(out / "results.json", results(TASK, planned, baselines, decided))
    return out


def plant_run(run: PlannedRun, plan: Plan, shared: float, rng: np.random.Generator) -> None:
    """Write one run's directory."""
    state = plan.states.get((run.arm, run.seed), "finished")
    if state == "missing":
        return
    run.path.mkdir(parents=True)
    write_json(run.path / "config.json", run.config)
    effect = plan.effects.get(run.arm, 0.0) + shared
    errors = {split: mse * float(np.exp(effect + rng.normal(0, plan.spread))) for split, mse in LEAST.items()}
    mined = "none" not in run.arm
    done = plan.steps if state == "finished" else plan.steps // 2
    rows = metrics(errors, plan, mined, done, rng)
    (run.path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    status = {"state": state, "step": done, "seconds": done * (0.03 if mined else 0.01), "steps": plan.steps}
    if state == "diverged":
        status["error"] = f"loss or gradient not finite at step {done}; lower optimizer.learning_rate"
    write_json(run.path / "status.json", status)
    if state != "finished":
        return
    scores = {split: score(split, mse) for split, mse in errors.items()}
    write_json(run.path / "evaluation.json", {"step": done, "training_evaluations": done * 900, "splits": scores})
    if plan.measured:
        good = float(np.exp(-3 * effect))
        write_json(run.path / "landscapes.json", {"splits": {split: landscapes(good, rng) for split in LEAST}})
        write_json(run.path / "budget.json", {"problems": 64, "splits": {s: budget(e, rng) for s, e in errors.items()}})


def score(split: str, mse: float) -> dict[str, Any]:
    """Return a split's entry of `evaluation.json`."""
    cost = {"solve_evaluations": 70, "solve_seconds": 2.0}
    return {"mse": mse, "standard_error": mse / 40, "residual": 2.3, "problems": 2000, "hash": f"{split}-hash", **cost}


def metrics(
    errors: Mapping[str, float], plan: Plan, mined: bool, done: int, rng: np.random.Generator
) -> list[dict[str, Any]]:
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
            decay = 1 + 2 * float(np.exp(-5 * step / plan.steps))
            rows.append({"step": step, "validation": {split: mse * decay for split, mse in errors.items()}})
    return rows


def landscapes(good: float, rng: np.random.Generator) -> dict[str, Any]:
    """Return a split's landscapes: energies that rise with distance, and answers that form."""
    k = np.arange(K)
    rows = [
        {
            "k": int(index),
            "gap": float(good * 20 / (1 + index) * (1 + 0.1 * rng.normal())),
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
    right = [rng.normal(0, 1, (N, N)) for _ in range(2)]
    answers = [[target + rng.normal(0, 2.0 * 0.45**step, (N, N)) for step in range(K)] for target in right]
    return {
        "problems": 64,
        "landscapes": rows,
        "distance": {
            "distances": distances.tolist(),
            "energy": [(distances ** (1 + index / K) * 50 / (1 + index)).tolist() for index in k],
        },
        "slice": {"k": 0, "axis": axis.tolist(), "energy": plane.tolist(), "path": path.tolist()},
        "forming": {
            "right": [target.tolist() for target in right],
            "answers": [[answer.tolist() for answer in steps] for steps in answers],
            "k": list(range(K))[::-1],
        },
    }


def budget(mse: float, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return a split's budgets: more steps and restarts help, with diminishing returns."""
    return [
        {
            "steps": steps,
            "restarts": restarts,
            "mse": float(mse * (0.8 + 1.2 / steps) * restarts**-0.05 * np.exp(rng.normal(0, 0.02))),
            "standard_error": mse / 40,
            "evaluations": 10 * steps * restarts,
            "seconds": 0.05 * steps * restarts,
        }
        for restarts in (1, 4, 16)
        for steps in (1, 2, 5, 10, 20, 50)
    ]


def outcome(arms: Sequence[str]) -> dict[str, Any]:
    """Return an outcome as a study may carry one."""
    return {
        "name": "Mining helps",
        "sentence": f"Mining helps: {arms[-1]} is better than none by at least 5 % (ratio 0.818, simultaneous 95 % "
        "interval 0.77 to 0.869, 10 seeds, p = 0.0001).",
        "evidence": ["On the deciding split every seed is better.", "Random mining is equivalent to none."],
        "next": ["Ablate the steps of refinement: `ravine compare examples/ablation.toml`.", "Try the harder split."],
    }
