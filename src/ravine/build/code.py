"""The code that a run uses: the library's core, the run's own parts, and the modules that its factories name."""

from collections.abc import Iterator
from typing import Any

from ravine.build.mining import arms_in_use
from ravine.build.parts import answering
from ravine.build.training import trainer
from ravine.config.schema import DENOISERS, ENERGIES, TASKS, RunConfig
from ravine.identity import code_of
from ravine.listing import METRICS
from ravine.mining.arms import CONTRASTS, PROPOSALS, REFINEMENTS, SELECTIONS
from ravine.registry import External, Registry, entry_point
from ravine.terms import TERMS
from ravine.training.loop import Trainer


def code(config: RunConfig, built: Trainer) -> dict[str, str]:
    """Return the hash of every module on which a run's numbers depend, by module; `built`: what `config` describes."""
    solver = answering(config, built.sampler.task)
    return code_of([trainer, solver, *parts(built)], factory_modules(config))


def parts(built: Trainer) -> Iterator[object]:
    """Yield the objects of which there are several kinds: task, metrics, energy, contrast, miners' three choices."""
    task = built.sampler.task
    yield from (task, task.space, *task.metrics(), built.state.energy)
    yield from (built.stepper.objective.contrast, built.stepper.objective.denoise)
    yield from (each.term for each in built.stepper.objective.terms)
    for miner in built.sampler.miners.values():
        if miner is not None:
            yield from (miner.propose, miner.refine, miner.select)


def factory_modules(config: RunConfig) -> Iterator[str]:
    """Yield the modules that the configuration names for choices of the user's own."""
    for registry, chosen, where in choices(config):
        if isinstance(chosen, External):
            yield registry.module_of(chosen, where)
    for index, term in enumerate(config.training.terms):
        yield TERMS.module_of(term, f"training.terms.{index}")
    for name in config.evaluation.metrics:
        yield entry_point(name, "evaluation.metrics", METRICS).module


def choices(config: RunConfig) -> Iterator[tuple[Registry[Any], object, str]]:
    """Yield every choice of a run with the registry that it is from and the field that holds it."""
    yield from ((TASKS, config.task, "task"), (ENERGIES, config.energy, "energy"))
    yield CONTRASTS, config.mining.contrast, "mining.contrast"
    yield DENOISERS, config.training.denoise, "training.denoise"
    known = config.mining.every_arm
    for name in arms_in_use(config):
        if (arm := known.get(name)) is not None:
            yield PROPOSALS, arm.propose, f"mining.arms.{name}.propose"
            yield REFINEMENTS, arm.refine, f"mining.arms.{name}.refine"
            yield SELECTIONS, arm.select, f"mining.arms.{name}.select"
