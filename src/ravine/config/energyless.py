"""What a run cannot ask of a network that predicts the noise and has no energy."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ravine.config.mining import mixture_of
from ravine.mining.arms import NONE, ArmConfig
from ravine.registry import External

if TYPE_CHECKING:
    from ravine.config.schema import RunConfig

Asks = tuple[str, str]
"""A field with the value that asks for an energy, and what to write instead."""


def refusal(config: "RunConfig") -> str | None:
    """Return what a run asks of an energy that there is not, and what to write instead; None if it asks nothing."""
    asks = [*of_mining(config), *of_solving(config)]
    if not asks:
        return None
    fields, instead = (", ".join(dict.fromkeys(part)) for part in zip(*asks, strict=True))
    verb = "asks" if len(asks) == 1 else "ask"
    name = config.energy.name
    return f"energy.name: {name} predicts the noise and has no energy, for which {fields} {verb}; write {instead}"


def of_solving(config: "RunConfig") -> Iterator[Asks]:
    """Yield what solving asks for: descent, a choice among starts, and how that choice is made."""
    solve = config.solve
    for name, value, instead in (("steps", solve.steps, 0), ("starts", solve.starts, 1), ("rank", solve.rank, 0)):
        if value != instead:
            yield f"solve.{name} = {value}", f"solve.{name} = {instead}"
    if solve.rank_rounds is not None:
        yield f"solve.rank_rounds = {solve.rank_rounds}", "no solve.rank_rounds"
    if solve.renoise > 1:
        yield f"solve.renoise = {solve.renoise:g}", "solve.renoise = 1"
    for steps, starts in config.evaluation.budgets:
        if steps or starts > 1:
            yield f"evaluation.budgets with [{steps}, {starts}]", "evaluation.budgets = []"


def of_mining(config: "RunConfig") -> Iterator[Asks]:
    """Yield the arms in use that ask for energies."""
    mining, known = config.mining, config.mining.every_arm
    by_stage = [mixture_of(stage.arm, stage.mixture) for stage in mining.resolved_stages]
    for name in dict.fromkeys(name for shares in by_stage for name, share in shares.items() if share > 0):
        if name in known and (why := asks_for_energy(known[name])):
            field = "mining.arm" if name == mining.arm and not mining.mixture else "an arm"
            yield f'{field} = "{name}" ({why})', f'{field} = "{NONE}"'


def asks_for_energy(arm: ArmConfig) -> str | None:
    """Return what of an arm asks for energies; None for one that can mine without."""
    if not arm.mines:
        return None
    if arm.use != "target":
        return f"use = {arm.use}"
    parts = {"propose": arm.propose, "refine": arm.refine, "select": arm.select}
    asking = (key for key, part in parts.items() if not isinstance(part, External) and part.needs_energy)
    return next(asking, None)
