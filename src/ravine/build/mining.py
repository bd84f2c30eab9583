"""A run's loss: its miners, their curriculum, and its terms."""

from typing import Any, TypeVar

from ravine.config.mining import mixture_of
from ravine.config.schema import DENOISERS, RunConfig
from ravine.denoise.base import Denoise
from ravine.diffusion import Diffusion
from ravine.energies.base import Energy
from ravine.errors import ConfigurationError
from ravine.mining.arms import (
    CONTRASTS,
    NAMED_MIXTURES,
    NONE,
    PROPOSALS,
    REFINEMENTS,
    SELECTIONS,
    ArmConfig,
)
from ravine.mining.contrast.base import Contrast
from ravine.mining.curriculum import Curriculum, Decay, Stage
from ravine.mining.focus import Focus
from ravine.mining.miner import Miner
from ravine.mining.propose.base import Propose
from ravine.mining.refine.base import Refine
from ravine.mining.select.base import Select
from ravine.mining.shares import Mixture
from ravine.mining.use import Use
from ravine.objective import Objective
from ravine.registry import External, Registry
from ravine.tasks.base import Task
from ravine.terms import TERMS, Term, Weighted

T = TypeVar("T")


def curriculum(config: RunConfig) -> Curriculum:
    """Return the run's mining settings as a function of the step."""
    mining = config.mining
    stages = [
        Stage(
            stage.first_step(config.training.steps),
            thinned(flat(mixture_of(stage.arm, stage.mixture)), config),
            mining.temperature if stage.temperature is None else stage.temperature,
            mining.weight if stage.weight is None else stage.weight,
        )
        for stage in mining.resolved_stages
    ]
    # A stage that a short training rounds away gives way to the one after it.
    kept = [
        stage
        for stage, after in zip(stages, [*stages[1:], None], strict=True)
        if after is None or stage.start < after.start
    ]
    return Curriculum(tuple(kept), mining.every, mining.interpolate, decay(config))


def decay(config: RunConfig) -> Decay | None:
    """Return how the contrast's weight moves over training; None where it does not."""
    end = config.mining.weight_end
    return None if end is None else Decay(end, config.training.steps, config.mining.decay)


def flat(shares: dict[str, float]) -> Mixture:
    """Return a mixture of arms alone: shares of named mixtures are handed on to their arms."""
    result: dict[str, float] = {}
    for name, share in shares.items():
        for arm, part in NAMED_MIXTURES.get(name, {name: 1.0}).items():
            result[arm] = result.get(arm, 0.0) + share * part
    # Shares as written, 0.333333 say, may miss 1 by a rounding; rows without an arm would be left over.
    total = sum(result.values())
    return tuple((arm, share / total) for arm, share in result.items())


def thinned(mixture: Mixture, config: RunConfig) -> Mixture:
    """Return a mixture in which what an arm's `share` leaves to plain training belongs to `none`."""
    known, result = config.mining.every_arm, dict[str, float]()
    for arm, part in mixture:
        mined = known[arm].share if arm in known else 1.0
        for name, share in ((arm, mined * part), (NONE, (1 - mined) * part)):
            if share:
                result[name] = result.get(name, 0.0) + share
    return tuple(result.items())


def arms_in_use(config: RunConfig) -> list[str]:
    """Return the arms that the run's curriculum names, in order."""
    return list(dict.fromkeys(arm for stage in curriculum(config).stages for arm, _ in stage.mixture))


def miners(config: RunConfig) -> dict[str, Miner | None]:
    """Return the miner of every arm in use; `none`, and an arm that uses no mined points, has no miner."""
    known = config.mining.every_arm
    return {
        arm: miner(known[arm], arm, config) if arm in known and known[arm].mines else None
        for arm in arms_in_use(config)
    }


def focuses(config: RunConfig) -> dict[str, Focus]:
    """Return how the arms in use that do not draw all problems alike draw them."""
    known = config.mining.every_arm
    return {arm: chosen for arm in arms_in_use(config) if arm in known and (chosen := known[arm].focus) is not None}


def miner(arm: ArmConfig, name: str, config: RunConfig) -> Miner:
    """Return the miner that a configured arm describes."""
    where = f"mining.arms.{name}"
    for k in arm.landscapes:
        if k >= config.diffusion.landscapes:
            raise ConfigurationError(
                f"{where}.landscapes: there is no landscape {k}, but 0 to {config.diffusion.landscapes - 1}"
            )
    return Miner(
        resolved(PROPOSALS, arm.propose, f"{where}.propose", Propose),
        resolved(REFINEMENTS, arm.refine, f"{where}.refine", Refine),
        resolved(SELECTIONS, arm.select, f"{where}.select", Select),
        name,
        Use(arm.use in {"contrast", "both"}, arm.use in {"target", "both"}, arm.noise, arm.landscapes),
    )


def contrast(config: RunConfig) -> Contrast:
    """Return the form of the run's contrastive term."""
    return resolved(CONTRASTS, config.mining.contrast, "mining.contrast", Contrast)


def denoise(config: RunConfig, energy: Energy[Any]) -> Denoise:
    """Return the run's denoising loss; a `ConfigurationError` for one that the energy cannot be trained by."""
    chosen = resolved(DENOISERS, config.training.denoise, "training.denoise", Denoise)
    chosen.check(energy)
    return chosen


def terms(config: RunConfig) -> tuple[Weighted, ...]:
    """Return the terms of the user's own in the run's loss."""
    return tuple(
        Weighted(chosen.name, chosen.weight, TERMS.made(chosen, f"training.terms.{index}", Term))
        for index, chosen in enumerate(config.training.terms)
    )


def objective(config: RunConfig, energy: Energy[Any], landscapes: Diffusion, made: Task) -> Objective:
    """Return what the run minimises, by an energy on a task's problems."""
    return Objective(energy, landscapes, made, contrast(config), denoise(config, energy), terms(config))


def resolved(registry: Registry[T], chosen: T | External, where: str, kind: type[T]) -> T:
    """Return a choice that ships as it is, and what a factory of the user's own makes."""
    return registry.made(chosen, where, kind) if isinstance(chosen, External) else chosen
