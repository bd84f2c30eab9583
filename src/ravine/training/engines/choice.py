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
from ravine.training.engines.compiled import Compiled
from ravine.training.engines.eager import Eager

Asked = Literal["auto", "eager", "compiled"]
ENGINES: Mapping[str, Engine] = MappingProxyType({engine.name: engine for engine in (Eager(), Compiled())})
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


def chosen(asked: Asked, energy: Energy[Any], device: torch.device, problems: int) -> Chosen:
    """Return the engine of a training of an energy on so many `problems`, all steps together.

    `auto` compiles energies that are known to gain by it (`Energy.gains_by_compiling`) on a CPU with a C++ compiler, in
    long trainings; it never waits for the outcome of a measurement, so that a resumed run finds the same engine.
    """
    if asked != "auto":
        engine = ENGINES[asked]
        why = engine.misfit(energy)
        return Chosen(engine, "asked for") if why is None else Chosen(ENGINES["eager"], f"{asked} asked for, but {why}")
    if why := against_compiling(energy, device, problems):
        return Chosen(ENGINES["eager"], f"auto: {why}")
    return Chosen(ENGINES["compiled"], "auto: a long training on a CPU")


def against_compiling(energy: Energy[Any], device: torch.device, problems: int) -> str | None:
    """Return why `auto` does not compile; None if it does."""
    if why := ENGINES["compiled"].misfit(energy):
        return why
    if not type(energy).gains_by_compiling:
        return f"not measured to gain by compiling: {type(energy).__name__}"
    if device.type != "cpu":
        return f"not measured on {device.type}"
    if problems < WORTHWHILE:
        return f"{problems:,} problems are too few to compile for"
    return None if cpp_compiler() else "no C++ compiler on this machine (CXX, g++, clang++)"


def cpp_compiler() -> str | None:
    """Return the path of the C++ compiler that PyTorch would find."""
    names = (environ.get("CXX"), "g++", "clang++")
    return next((path for name in names if name and (path := shutil.which(name))), None)
