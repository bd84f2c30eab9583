"""Which fields of a run's configuration the doctor traces from file to use, by what change, and what must follow."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, get_args

from pydantic import ValidationError

from ravine.config.schema import RunConfig
from ravine.doctor.shown import Recipe
from ravine.mining.curriculum import Stage
from ravine.mining.propose.chain import Chains
from ravine.mining.refine.langevin import Langevin
from ravine.registry import External
from ravine.section import Section
from ravine.training.ema import AverageRule

Changes = tuple[dict[str, Any], str]

WORDS = {"seed": "seed", "accumulation": "training.accumulation", "every": "mining.every"}
OWN_CHECKS = {"kind", "keep", "candidates", "weight"}
"""Fields of a refinement or selection that have checks of their own."""
NOT_SHOWN = {(Langevin, "metropolis"), (Chains, "capacity"), (Chains, "restart")}
"""Fields that show on steep energies alone, which untrained ones are not, need only suffice, or show in few rows."""
ARITHMETIC = {"name", "entrywise"}
"""Fields of an energy that choose how it is computed, and change no number."""
NO_OTHER = "no other allowed value of it is known"


def traced_fields(config: RunConfig, arms: Sequence[str], contrasting: bool) -> dict[str, Changes]:
    """Return for every field the changes to make and what they must change: see `checks.fields.MEASURES`."""
    fields = {**optimizer_fields(config), **solver_fields(config), **size_fields(config), **arm_fields(config, arms)}
    return fields if contrasting else {name: value for name, value in fields.items() if value[1] != "loss"}


def optimizer_fields(config: RunConfig) -> dict[str, Changes]:
    """Return the fields of optimiser and average."""
    chosen = config.optimizer
    schedule = "linear" if chosen.schedule != "linear" else "cosine"
    traced: dict[str, Changes] = {
        "optimizer.learning_rate": ({"optimizer.learning_rate": chosen.learning_rate * 2}, "weights"),
        "optimizer.betas": ({"optimizer.betas": [0.5, 0.6]}, "memory"),
        "optimizer.clip": ({"optimizer.clip": chosen.clip * 1e-5}, "clipped gradient"),
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


def without_energy(traced: Mapping[str, Changes], config: RunConfig) -> dict[str, Changes]:
    """Return the fields of a run whose network predicts the noise alone: renoising in place of descent."""
    kept = {name: changes for name, changes in traced.items() if name not in ("solve.steps", "solve.step_scale")}
    return {**kept, "solve.renoise": ({"solve.renoise": 0.0 if config.solve.renoise else 0.5}, "solution")}


def size_fields(config: RunConfig) -> dict[str, Changes]:
    """Return the fields of the energy and its landscapes, and the form of the contrastive term."""
    form = "margin" if getattr(config.mining.contrast, "kind", None) != "margin" else "softplus"
    fields: dict[str, Changes] = {
        "diffusion.landscapes": ({"diffusion.landscapes": config.diffusion.landscapes + 2}, "landscapes"),
        "mining.contrast": ({"mining.contrast": form}, "loss"),
    }
    if isinstance(config.energy, External):
        return {**fields, "energy.options": ({}, "only its factory knows which options are allowed")}
    for name in type(config.energy).model_fields.keys() - ARITHMETIC:
        value = other(config.energy, name)
        fields[f"energy.{name}"] = ({}, NO_OTHER) if value is None else ({f"energy.{name}": value}, "gradient")
    return fields


def other(section: Section, name: str) -> Any:
    """Return another value that a section's field may have, None where none is known."""
    value, table = getattr(section, name), dict(section)
    for tried in others(value, type(section).model_fields[name].annotation):
        with suppress(ValidationError):
            if getattr(type(section).model_validate({**table, name: tried}), name) != value:
                return tried
    return None


def others(value: Any, annotation: Any) -> Sequence[Any]:
    """Return values to try in place of one, by its type: numbers of another size, a literal's other words."""
    match value:
        case bool():
            return (not value,)
        case int():
            return (2 * value, value + 1, value - 1)
        case float():
            return (value / 5 if value > 0.09 else 0.6, 3 * value)
        case str():
            return get_args(annotation)
        case None:
            return (0.05, 3, True)
    return ()


def arm_fields(config: RunConfig, arms: Sequence[str]) -> dict[str, Changes]:
    """Return the fields of every arm that mines, as far as its other fields let them matter."""
    known = config.mining.every_arm
    traced: dict[str, Changes] = {}
    for name in arms:
        arm = known[name]
        for part, chosen in (("propose", arm.propose), ("refine", arm.refine)):
            field = f"{name}: {part}"
            if isinstance(chosen, External):
                traced[field] = ({}, "only its factory knows which options are allowed")
                continue
            asked = chosen.guided or part == "propose"
            for key in type(chosen).model_fields.keys() - ({"kind"} if part == "propose" else OWN_CHECKS):
                shown = asked and (type(chosen), key) not in NOT_SHOWN
                if shown and (value := other(chosen, key)) is not None:
                    changes = {f"mining.arms.{name}": arm_with(config, name, part, key, value)}
                    traced[f"{field}.{key}"] = (changes, f"negatives of {name}")
    return traced


def arm_with(config: RunConfig, name: str, part: str, key: str, value: Any) -> dict[str, Any]:
    """Return an arm's table with one field of one of its parts changed."""
    table = config.mining.every_arm[name].model_dump(mode="json")
    return {**table, part: {**table[part], key: value}}


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
    table = config.mining.every_arm[arm].model_dump(mode="json")
    refine = {"kind": "descent", "steps": recipe.steps, "step_scale": recipe.step_scale, "keep": recipe.keep}
    select: dict[str, Any] = {"kind": recipe.selection, "candidates": recipe.candidates}
    if recipe.selection == "most-deceptive":
        select["weight"] = recipe.weight
    return {f"mining.arms.{arm}": {**table, "refine": {**refine, "radius": recipe.radius}, "select": select}}
