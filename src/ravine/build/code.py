"""The code that a run uses: the library's core, the run's own parts, and the modules that its factories name."""

from collections.abc import Iterator

from ravine.build.factories import module_of
from ravine.build.mining import arms_in_use
from ravine.build.training import trainer
from ravine.config.arms import NAMED_ARMS, PluginConfig
from ravine.config.schema import CustomTaskConfig, RunConfig
from ravine.identity import code_of
from ravine.training.loop import Trainer


def code(config: RunConfig, built: Trainer) -> dict[str, str]:
    """Return the hash of every module on which a run's numbers depend, by module; `built`: what `config` describes."""
    return code_of([trainer, *parts(built)], factory_modules(config))


def parts(built: Trainer) -> Iterator[object]:
    """Yield the objects of which there are several kinds: task, energy, contrast, every miner's three choices."""
    yield from (built.sampler.task, built.state.energy, built.stepper.objective.contrast)
    for miner in built.sampler.miners.values():
        if miner is not None:
            yield from (miner.propose, miner.refine, miner.select)


def factory_modules(config: RunConfig) -> Iterator[str]:
    """Yield the modules that the configuration of the task and of the arms in use names."""
    if isinstance(config.task, CustomTaskConfig):
        yield module_of(config.task.factory, "task.factory")
    known = {**NAMED_ARMS, **config.mining.arms}
    for name in arms_in_use(config):
        for kind in ("propose", "refine", "select"):
            chosen = getattr(known[name], kind) if name in known else None
            if isinstance(chosen, PluginConfig):
                yield module_of(chosen.factory, f"mining.arms.{name}.{kind}.factory", f"ravine.{kind}")
