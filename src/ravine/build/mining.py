"""A run's miners and curriculum."""

from typing import Any, TypeVar

from torch import Tensor

from ravine.build.factories import call_factory
from ravine.build.parts import solver, task
from ravine.config.arms import (
    NAMED_ARMS,
    NAMED_MIXTURES,
    NONE,
    ArmConfig,
    CorruptionConfig,
    DescentConfig,
    LowestConfig,
    MatchedNoiseConfig,
    MostDeceptiveConfig,
    NoiseConfig,
    OnlyConfig,
    PluginConfig,
    ReplayConfig,
    SolverConfig,
)
from ravine.config.mining import mixture_of
from ravine.config.schema import RunConfig
from ravine.energies.base import Energy
from ravine.errors import ConfigurationError
from ravine.mining.curriculum import Curriculum, Stage
from ravine.mining.miner import Miner
from ravine.mining.propose import Corruption, MatchedNoise, Noise, Propose, Replay, SolverAnswer
from ravine.mining.refine import Refine, Refiner
from ravine.mining.select import Lowest, MostDeceptive, Only, Select
from ravine.mining.shares import Mixture
from ravine.tasks.base import Corruptible, Task

T = TypeVar("T")


def curriculum(config: RunConfig) -> Curriculum:
    """Return the run's mining settings as a function of the step."""
    mining = config.mining
    stages = [
        Stage(
            stage.first_step(config.training.steps),
            flat(mixture_of(stage.arm, stage.mixture)),
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
    return Curriculum(tuple(kept), mining.every, mining.interpolate)


def flat(shares: dict[str, float]) -> Mixture:
    """Return a mixture of arms alone: shares of named mixtures are handed on to their arms."""
    result: dict[str, float] = {}
    for name, share in shares.items():
        for arm, part in NAMED_MIXTURES.get(name, {name: 1.0}).items():
            result[arm] = result.get(arm, 0.0) + share * part
    # Shares as written, 0.333333 say, may miss 1 by a rounding; rows without an arm would be left over.
    total = sum(result.values())
    return tuple((arm, share / total) for arm, share in result.items())


def arms_in_use(config: RunConfig) -> list[str]:
    """Return the arms that the run's curriculum names, in order."""
    return list(dict.fromkeys(arm for stage in curriculum(config).stages for arm, _ in stage.mixture))


def miners(config: RunConfig) -> dict[str, Miner | None]:
    """Return the miner of every arm in use; `none` has no miner."""
    made_for, known = task(config), {**NAMED_ARMS, **config.mining.arms}
    return {arm: None if arm == NONE else miner(known[arm], config, made_for, arm) for arm in arms_in_use(config)}


def miner(arm: ArmConfig, config: RunConfig, made_for: Task, name: str) -> Miner:
    """Return the miner that a configured arm describes."""
    where = f"mining.arms.{name}"
    return Miner(
        propose(arm.propose, config, made_for, f"{where}.propose"),
        refine(arm.refine, f"{where}.refine"),
        select(arm.select, f"{where}.select"),
        name,
    )


def propose(chosen: Any, config: RunConfig, made_for: Task, where: str) -> Propose:
    """Return a configured proposal; a `ConfigurationError` names one that needs what the task lacks."""
    match chosen:
        case NoiseConfig():
            return Noise(chosen.scale)
        case MatchedNoiseConfig():
            return MatchedNoise(chosen.scale)
        case CorruptionConfig():
            if not isinstance(made_for, Corruptible):
                raise ConfigurationError(
                    f"{where}.kind: task {made_for.name!r} has no corruption; "
                    'write kind = "noise", or choose another arm'
                )
            return Corruption(made_for.corrupt, chosen.rate)
        case SolverConfig():
            solving = solver(config, made_for, chosen.steps)

            def answers(energy: Energy[Any], x: Tensor, starts: Tensor) -> Tensor:
                return solving.solve(energy, x, starts[None]).answer

            return SolverAnswer(answers, solving.evaluations)
        case ReplayConfig():
            return Replay(Noise(chosen.scale), chosen.capacity, chosen.refresh, chosen.scale)
        case PluginConfig():
            return plugin(chosen, where, Propose)  # type: ignore[type-abstract]
    raise AssertionError(f"{where}: {chosen!r}")


def refine(chosen: DescentConfig | PluginConfig, where: str) -> Refiner:
    """Return a configured refinement."""
    if isinstance(chosen, PluginConfig):
        return plugin(chosen, where, Refiner)  # type: ignore[type-abstract]
    return Refine(chosen.steps, chosen.step_scale, chosen.keep, chosen.radius)


def select(chosen: OnlyConfig | LowestConfig | MostDeceptiveConfig | PluginConfig, where: str) -> Select:
    """Return a configured selection."""
    match chosen:
        case OnlyConfig():
            return Only(chosen.candidates)
        case LowestConfig():
            return Lowest(chosen.candidates)
        case MostDeceptiveConfig():
            return MostDeceptive(chosen.candidates, chosen.weight)
        case PluginConfig():
            return plugin(chosen, where, Select)  # type: ignore[type-abstract]


def plugin(chosen: PluginConfig, where: str, kind: type[T]) -> T:
    """Return what the user's own factory makes, if it is of the `kind` that is asked for."""
    group = f"ravine.{where.rsplit('.', 1)[1]}"
    made = call_factory(chosen.factory, chosen.options, where, group)
    if not isinstance(made, kind):
        raise ConfigurationError(f"{where}.factory: {chosen.factory} returned {made!r}, no {kind.__name__}")
    return made
