"""What kind of negatives an arm trains with, read from its configuration and never from its name."""

from collections.abc import Mapping
from typing import Any, Literal

from ravine.config.mining import MiningConfig, mixture_of
from ravine.mining.arms import NONE, ArmConfig
from ravine.registry import External

Kind = Literal["none", "random", "mined", "unknown"]
"""`none`: no negatives; `random`: the energy has no say in them; `mined`: refined, chosen or proposed by the energy."""
PRICE: Mapping[Kind, int] = {"none": 0, "random": 1, "mined": 2, "unknown": 3}
"""The order of kinds by what they cost in training."""


def kind_of(config: Mapping[str, Any]) -> Kind:
    """Return the kind of a run's configuration as plain values; `unknown` for one that says nothing of mining."""
    if "mining" not in config:
        return "unknown"
    mining = MiningConfig.model_validate(config["mining"])
    known = mining.every_arm
    used = [known[name] for name in arms_with_weight(mining)]
    if not used:
        return "none"
    return "mined" if any(map(guided, used)) else "random"


def arms_with_weight(mining: MiningConfig) -> list[str]:
    """Return the arms whose mined points, or choice of problems, enter the loss at some step, by name."""
    known, names = mining.every_arm, list[str]()
    for stage in mining.resolved_stages:
        contrasting = (mining.weight if stage.weight is None else stage.weight) > 0
        used = [name for name, share in mixture_of(stage.arm, stage.mixture).items() if share > 0 and name != NONE]
        names += [name for name in used if contrasting or known[name].use in {"target", "both"} or known[name].focus]
    return list(dict.fromkeys(names))


def guided(arm: ArmConfig) -> bool:
    """Return whether the energy has a say in what an arm mines: what is not known to be blind counts as guided."""
    choices = (arm.propose, arm.refine, arm.select) if arm.mines else ()
    return arm.focus is not None or any(isinstance(choice, External) or choice.guided for choice in choices)
