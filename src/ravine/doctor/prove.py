"""Plants every known fault in a healthy pipeline and shows which checks fire."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import torch

from ravine import build
from ravine.config.schema import RunConfig
from ravine.config.sources import parse_override
from ravine.doctor.examine import Examination, examine
from ravine.doctor.faults import FAULTS, Fault
from ravine.doctor.own import Own, with_history
from ravine.doctor.own.configured import changed
from ravine.doctor.pipeline import Pipeline
from ravine.errors import ConfigurationError
from ravine.tasks.base import Task

TRAINED_STEPS = 120


@dataclass(frozen=True)
class Caught:
    """A fault, the check meant for it, whether that fired, which others did, and the seconds until it had."""

    fault: Fault
    caught: bool
    also: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Proof:
    """The matrix fault x check, and the healthy pipeline's examinations by name."""

    faults: tuple[Caught, ...]
    healthy: dict[str, Examination]

    @property
    def holds(self) -> bool:
        """Whether every fault was caught, with at most one other check firing, and nothing fired on healthy ones."""
        return all(c.caught and len(c.also) <= 1 for c in self.faults) and not any(
            e.fired() for e in self.healthy.values()
        )

    def as_json(self) -> dict[str, Any]:
        """Return the proof as plain values."""
        return {
            "faults": [
                {
                    "name": entry.fault.name,
                    "check": entry.fault.check,
                    "caught": entry.caught,
                    "also": list(entry.also),
                    "seconds": round(entry.seconds, 3),
                }
                for entry in self.faults
            ],
            "healthy": {name: {"fired": e.fired(), "seconds": round(e.seconds, 3)} for name, e in self.healthy.items()},
        }


def prove(
    config: RunConfig, names: Collection[str] | None = None, on_fault: Callable[[str], None] = lambda name: None
) -> Proof:
    """Examine a healthy pipeline, untrained and trained a little, then with each fault that can occur in its task."""
    base = provable(config)
    healthy = {}
    for label, steps in (("untrained", 0), (f"after {TRAINED_STEPS} steps", TRAINED_STEPS)):
        on_fault(f"healthy, {label}")
        healthy[label] = examine(healthy_pipeline(base, steps))
    rows = []
    task = build.task(base)
    for name in sorted(name for name, fault in FAULTS.items() if occurs(fault, task)) if names is None else names:
        on_fault(name)
        rows.append(caught(FAULTS[name], base))
    return Proof(tuple(rows), healthy)


SMALL_SIZES = {
    "task.n": 5,
    "energy.width": 32,
    "energy.embedding_width": 16,
    "energy.channels": 8,
    "energy.layers": 3,
    "energy.products": 4,
    "energy.rounds": 4,
}
"""What sizes are at most where faults are planted, as far as task and energy have them and allow it."""


def provable(config: RunConfig) -> RunConfig:
    """Return the configuration with IRED's own mining and small sizes, so that every fault can occur in it."""
    raw = config.model_dump(mode="json")
    small = changed(config, {"mining": {"arm": "adversarial"}, "compute.threads": config.compute.threads})
    for path, most in SMALL_SIZES.items():
        section, size = path.split(".")
        with suppress(ConfigurationError):
            if size in raw[section]:
                small = changed(small, {path: min(most, raw[section][size])})
    return small


def occurs(fault: Fault, task: Task) -> bool:
    """Return whether a task is of the kind that a fault needs."""
    batch = task.sample(1, torch.Generator().manual_seed(0))
    halves = batch.y / 2
    decoded = not torch.equal(task.space.decode(halves), halves)
    kinds = {"given": batch.given is not None, "decoded": decoded, "finite": task.items is not None}
    return fault.needs is None or kinds[fault.needs]


def healthy_pipeline(config: RunConfig, steps: int) -> Own:
    """Return a pipeline without a fault, trained for `steps` steps."""
    return with_history(config, steps) if steps else Own(config)


def caught(fault: Fault, base: RunConfig) -> Caught:
    """Plant one fault and examine the pipeline that has it."""
    with planted_pipeline(fault, base) as (pipeline, baseline):
        found = examine(pipeline, baseline=baseline)
    fired = found.fired()
    seconds = sum(f.seconds for f in found.findings if f.code <= fault.check)
    return Caught(fault, fault.check in fired, tuple(code for code in fired if code != fault.check), seconds)


@contextmanager
def planted_pipeline(fault: Fault, base: RunConfig) -> Iterator[tuple[Pipeline, Pipeline | None]]:
    """Yield a pipeline that has the fault, and a baseline run where the fault shows in comparison alone."""
    config = overridden(base, fault.overrides)
    if fault.logged:
        baseline = with_history(changed(base, {"mining.arm": "none"}), TRAINED_STEPS)
        with fault.plant():
            yield with_history(config, TRAINED_STEPS), baseline
        return
    if fault.trained:
        grown = with_history(config, TRAINED_STEPS)
        with fault.plant():
            yield Own(config, grown.weights, TRAINED_STEPS), None
        return
    with fault.plant():
        yield Own(config), None


def overridden(config: RunConfig, words: Sequence[str]) -> RunConfig:
    """Return the configuration with `field=value` words applied."""
    return changed(config, {".".join(path): value for path, value in map(parse_override, words)})
