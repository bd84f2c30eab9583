"""What kind of negatives an arm trains with, read from its configuration and never from its name."""

from collections.abc import Mapping
from typing import Any, Literal

from ravine.config.mining import MiningConfig, mixture_of
from ravine.mining.arms import NAMED_ARMS, NONE, ArmConfig
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
    known = {**NAMED_ARMS, **mining.arms}
    used = [known[name] for name in arms_with_weight(mining)]
    if not used:
        return "none"
    return "mined" if any(map(guided, used)) else "random"


def arms_with_weight(mining: MiningConfig) -> list[str]:
    """Return the arms whose negatives enter the loss at some step, by name."""
    names: list[str] = []
    for stage in mining.resolved_stages:
        if (mining.weight if stage.weight is None else stage.weight) > 0:
            names += [name for name, share in mixture_of(stage.arm, stage.mixture).items() if share > 0]
    return [name for name in dict.fromkeys(names) if name != NONE]


def guided(arm: ArmConfig) -> bool:
    """Return whether the energy has a say in an arm's negatives: what is not known to be blind counts as guided."""
    choices = (arm.propose, arm.refine, arm.select)
    return any(isinstance(choice, External) or choice.guided for choice in choices)
