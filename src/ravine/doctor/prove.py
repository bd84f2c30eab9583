"""Plants every known fault in a healthy pipeline and shows which checks fire."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ravine.config.schema import RunConfig
from ravine.config.sources import parse_override
from ravine.doctor.checks import CHECKS
from ravine.doctor.examine import Examination, examine
from ravine.doctor.faults import FAULTS, Fault
from ravine.doctor.own import Logged, Own, with_history
from ravine.doctor.own.configured import changed
from ravine.doctor.pipeline import Pipeline
from ravine.errors import ConfigurationError

TRAINED_STEPS = 120
EVERY = 4
"""Of the checks that are neither cheap nor needed for a fault's own, each fault is asked one in so many, in turn."""


@dataclass(frozen=True)
class Caught:
    """A fault, the check meant for it, whether that fired, which others asked did, and the seconds until it had."""

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
    """Examine a healthy pipeline, untrained and trained a little, then with each fault.

    The healthy ones are asked every check. A fault is asked the check meant for it with its premises, the cheap ones,
    and a fourth of the others in turn, so that each check meets many faults that it should be silent about.
    """
    base = provable(config)
    healthy = {}
    for label, steps in (("untrained", 0), (f"after {TRAINED_STEPS} steps", TRAINED_STEPS)):
        on_fault(f"healthy, {label}")
        healthy[label] = examine(healthy_pipeline(base, steps))
    rows = []
    chosen = sorted(FAULTS) if names is None else names
    for turn, name in enumerate(chosen):
        on_fault(name)
        rows.append(caught(FAULTS[name], base, sampled(FAULTS[name].check, turn)))
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


@lru_cache(4)
def grown(config: str, steps: int) -> Logged:
    """Return what a configuration, as JSON, trains in some steps without a fault; the same for many faults."""
    return with_history(RunConfig.model_validate_json(config), steps)


def healthy_pipeline(config: RunConfig, steps: int) -> Own:
    """Return a pipeline without a fault, trained for `steps` steps."""
    return grown(config.model_dump_json(), steps) if steps else Own(config)


def premises(code: str) -> set[str]:
    """Return a check with all that it rests on."""
    return {code}.union(*(premises(other) for other in CHECKS[code].rests_on))


def sampled(code: str, turn: int) -> set[str]:
    """Return the check meant for a fault with its premises, all cheap ones, and in turn one of `EVERY` others."""
    others = [other for other in CHECKS if not CHECKS[other].cheap]
    return premises(code) | (CHECKS.keys() - others) | set(others[turn % EVERY :: EVERY])


def caught(fault: Fault, base: RunConfig, codes: Collection[str] | None = None) -> Caught:
    """Plant one fault and examine the pipeline that has it, by every check or by some."""
    with planted_pipeline(fault, base) as (pipeline, baseline):
        found = examine(pipeline, baseline=baseline, codes=codes)
    fired = found.fired()
    seconds = sum(f.seconds for f in found.findings if f.code <= fault.check)
    return Caught(fault, fault.check in fired, tuple(code for code in fired if code != fault.check), seconds)


@contextmanager
def planted_pipeline(fault: Fault, base: RunConfig) -> Iterator[tuple[Pipeline, Pipeline | None]]:
    """Yield a pipeline that has the fault, and a baseline run where the fault shows in comparison alone."""
    config = changed(base, {".".join(path): value for path, value in map(parse_override, fault.overrides)})
    if fault.logged:
        baseline = healthy_pipeline(changed(base, {"mining.arm": "none"}), TRAINED_STEPS)
        with fault.plant():
            yield with_history(config, TRAINED_STEPS), baseline
        return
    if fault.trained:
        weights = healthy_pipeline(config, TRAINED_STEPS).weights
        with fault.plant():
            yield Own(config, weights, TRAINED_STEPS), None
        return
    with fault.plant():
        yield Own(config), None
