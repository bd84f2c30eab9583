"""Which fields of a run's configuration the doctor traces from file to use, by what change, and what must follow."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ravine.config.arms import NAMED_ARMS
from ravine.config.schema import RunConfig
from ravine.doctor.pipeline import Recipe
from ravine.mining.curriculum import Stage
from ravine.training.ema import AverageRule

Changes = tuple[dict[str, Any], str]

WORDS = {
    "seed": "seed",
    "accumulation": "training.accumulation",
    "every": "mining.every",
}
CHANGED: dict[str, dict[str, Any]] = {
    "noise": {"scale": 0.5},
    "matched-noise": {"scale": 0.5},
    "corruption": {"rate": 0.9},
    "solver": {"steps": 3},
    "replay": {"capacity": 4099, "refresh": 0.77, "scale": 0.5},
    "descent": {"step_scale": 0.37, "radius": 0.05},
}
"""Other values of an arm's fields; refinement steps, candidates and the distance's weight have their own checks."""


def traced_fields(config: RunConfig, arms: Sequence[str]) -> dict[str, Changes]:
    """Return for every field the changes to make and what they must change: see `checks.fields.MEASURES`."""
    return {**optimizer_fields(config), **solver_fields(config), **size_fields(config), **arm_fields(config, arms)}


def optimizer_fields(config: RunConfig) -> dict[str, Changes]:
    """Return the fields of optimiser and average."""
    chosen = config.optimizer
    schedule = "linear" if chosen.schedule != "linear" else "cosine"
    traced: dict[str, Changes] = {
        "optimizer.learning_rate": ({"optimizer.learning_rate": chosen.learning_rate * 2}, "weights"),
        "optimizer.betas": ({"optimizer.betas": [0.5, 0.6]}, "weights"),
        "optimizer.clip": ({"optimizer.clip": chosen.clip * 1e-5}, "gradient"),
        "optimizer.warmup": ({"optimizer.warmup": chosen.warmup + 50}, "weights"),
    }
    middle = config.training.steps // 2
    if middle > chosen.warmup:  # until then no schedule is in force
        traced["optimizer.schedule"] = ({"optimizer.schedule": schedule}, "weights late")
    rule = AverageRule(config.average.decay, config.average.every)
    if rule.decay_after(middle) > config.average.decay / 2:  # until then the warm-up decides
        traced["average.decay"] = ({"average.decay": config.average.decay / 2}, "average late")
    return traced


def solver_fields(config: RunConfig) -> dict[str, Changes]:
    """Return the fields of the solver."""
    traced: dict[str, Changes] = {
        "solve.steps": ({"solve.steps": 0 if config.solve.steps else 3}, "solution"),
        "solve.bound": ({"solve.bound": 0.05}, "solution"),
    }
    if config.solve.steps:
        traced["solve.step_scale"] = ({"solve.step_scale": config.solve.step_scale / 3}, "solution")
    return traced


def size_fields(config: RunConfig) -> dict[str, Changes]:
    """Return the fields that shape the energy and its landscapes, and the form of the contrastive term."""
    form = "margin" if config.mining.contrast != "margin" else "softplus"
    fields: dict[str, Changes] = {
        f"energy.{name}": ({f"energy.{name}": other(value)}, "parameters")
        for name, value in config.energy.model_dump().items()
        if name not in {"name", "entrywise"}  # how products are taken changes no parameter
    }
    fields["diffusion.landscapes"] = ({"diffusion.landscapes": config.diffusion.landscapes + 2}, "landscapes")
    fields["mining.contrast"] = ({"mining.contrast": form}, "loss")
    return fields


def other(value: int | bool) -> int | bool:
    """Return another value of a size or of a choice."""
    return not value if isinstance(value, bool) else value * 2 or 1


def arm_fields(config: RunConfig, arms: Sequence[str]) -> dict[str, Changes]:
    """Return the fields of every arm that mines."""
    known = {**NAMED_ARMS, **config.mining.arms}
    traced: dict[str, Changes] = {}
    for name in arms:
        table = known[name].model_dump(mode="json")
        for part, key, value in own_values(table):
            arm = {**table, part: {**table[part], key: value}}
            traced[f"{name}: {part}.{key}"] = ({f"mining.arms.{name}": arm}, f"negatives of {name}")
    return traced


def own_values(table: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield part, field and another value for the fields of one arm that its other fields let matter."""
    for part in ("propose", "refine"):
        for key, value in CHANGED.get(table[part]["kind"], {}).items():
            if part == "propose" or table["refine"]["steps"] > 0:
                yield part, key, value


def paths_of(changes: Mapping[str, Any], config: RunConfig) -> dict[str, Any]:
    """Return a check's changes as values by dotted path: its words translated, paths as they are."""
    by_path: dict[str, Any] = {}
    for word, value in changes.items():
        match word:
            case "stages":
                by_path["mining.stages"] = [raw_stage(stage) for stage in value]
                by_path["mining.interpolate"] = False
            case "recipe":
                by_path |= recipe_paths(config, *value)
            case "constant_rate":
                by_path |= {"optimizer.schedule": "constant", "optimizer.warmup": 0}
            case _:
                by_path[WORDS.get(word, word)] = value
    return by_path


def raw_stage(stage: Stage) -> dict[str, Any]:
    """Return a stage as a configuration writes it."""
    settings = {"weight": stage.weight, "temperature": stage.temperature}
    return {"start_step": stage.start, "mixture": dict(stage.mixture), **settings}


def recipe_paths(config: RunConfig, arm: str, recipe: Recipe) -> dict[str, Any]:
    """Return an arm's configuration with its refinement and selection replaced by a recipe's."""
    table = {**NAMED_ARMS, **config.mining.arms}[arm].model_dump(mode="json")
    refine = {"kind": "descent", "steps": recipe.steps, "step_scale": recipe.step_scale, "keep": recipe.keep}
    select: dict[str, Any] = {"kind": recipe.selection, "candidates": recipe.candidates}
    if recipe.selection == "most-deceptive":
        select["weight"] = recipe.weight
    return {f"mining.arms.{arm}": {**table, "refine": {**refine, "radius": recipe.radius}, "select": select}}
