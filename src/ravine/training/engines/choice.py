"""Which engine a run is computed by, and why."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from os import environ
from types import MappingProxyType
from typing import Any, Literal

import torch

from ravine.energies.base import Energy
from ravine.training.engines.base import Engine
from ravine.training.engines.captured import Captured, CapturedCompiled
from ravine.training.engines.compiled import Compiled
from ravine.training.engines.eager import Eager

Asked = Literal["auto", "eager", "compiled", "captured", "captured-compiled"]
ENGINES: Mapping[str, Engine] = MappingProxyType(
    {engine.name: engine for engine in (Eager(), Compiled(), Captured(), CapturedCompiled())}
)
WORTHWHILE = 10_000_000
"""Problems of a whole training from which on `auto` compiles: it takes seconds and saves some 30 us a problem."""


@dataclass(frozen=True)
class Chosen:
    """An engine and, in words, why it is this one."""

    engine: Engine
    why: str

    def told(self) -> dict[str, str]:
        """Return what a run's environment says of its engine."""
        return {"engine": self.engine.name, "engine_why": self.why}


EAGER = Chosen(ENGINES["eager"], "nothing else was asked for")


def chosen(asked: Asked, energy: Energy[Any], device: torch.device, problems: int, processes: int = 1) -> Chosen:
    """Return the engine of a training of an energy on so many `problems`, all steps together, by so many `processes`.

    `auto` records steps on a GPU, and compiles energies that are known to gain by it (`Energy.gains_by_compiling`) in
    long trainings where there is a C++ compiler; it never waits for the outcome of a measurement, so that a resumed run
    finds the same engine.
    """
    if asked != "auto":
        why = misfit(ENGINES[asked], energy, device, processes)
        return Chosen(ENGINES[asked], "asked for") if why is None else eager_since(f"{asked} asked for, but {why}")
    against = against_compiling(energy, device, problems)
    if misfit(ENGINES["captured"], energy, device, processes) is None:
        if against is None:
            return Chosen(ENGINES["captured-compiled"], "auto: a long training on a GPU")
        return Chosen(ENGINES["captured"], f"auto: a GPU; {against}")
    if against is None:
        return Chosen(ENGINES["compiled"], f"auto: a long training on {device.type}")
    return eager_since(f"auto: {against}")


def eager_since(why: str) -> Chosen:
    """Return the eager engine, and why."""
    return Chosen(ENGINES["eager"], why)


def misfit(engine: Engine, energy: Energy[Any], device: torch.device, processes: int) -> str | None:
    """Return why an engine is not for a run; None if it may be tried."""
    if processes > 1 and isinstance(engine, Captured):
        return "what several processes say to one another is not recorded"
    return engine.misfit(energy, device)


def against_compiling(energy: Energy[Any], device: torch.device, problems: int) -> str | None:
    """Return why `auto` does not compile; None if it does."""
    if why := ENGINES["compiled"].misfit(energy, device):
        return why
    if not type(energy).gains_by_compiling:
        return f"not measured to gain by compiling: {type(energy).__name__}"
    if problems < WORTHWHILE:
        return f"{problems:,} problems are too few to compile for"
    return None if cpp_compiler() else "no C++ compiler on this machine (CXX, g++, clang++)"


def cpp_compiler() -> str | None:
    """Return the path of the C++ compiler that PyTorch would find."""
    names = (environ.get("CXX"), "g++", "clang++")
    return next((path for name in names if name and (path := shutil.which(name))), None)
