"""What a report is about: one study or one run, as plain facts."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from ravine.studies.pairing import ZERO, limit
from ravine.studies.plan import DivergenceRule

Facts = Mapping[str, Any]
ENDED = "finished"


def real(value: Any) -> float:
    """Return a number read from JSON; nan for null, for text and for everything else that is none."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan


@dataclass(frozen=True)
class Run:
    """One run: its arm, seed, directory, how it ended, and what it scored."""

    arm: str
    seed: int
    path: Path
    status: str
    splits: Facts
    facts: Facts = field(default_factory=dict)

    def mse(self, split: str) -> float:
        """Return the mean squared error on a split; nan where there is none that is finite."""
        entry = self.splits.get(split)
        value = real(entry.get("mse")) if isinstance(entry, Mapping) else math.nan
        return value if math.isfinite(value) else math.nan

    @property
    def reason(self) -> str:
        """Why the run has no scores."""
        return str(self.facts.get("reason") or "no reason given")


@dataclass(frozen=True)
class Subject:
    """A study or a run and everything its directory says of it.

    `results`: as in `results.json`; `study`: as in `study.json`; `config`: of the study's run; `collected`: whether
    the study came to its end and was collected.
    """

    kind: Literal["study", "run"]
    path: Path
    name: str
    runs: tuple[Run, ...]
    results: Facts
    study: Facts
    config: Facts
    collected: bool

    @cached_property
    def arms(self) -> list[str]:
        """The arms' names, in the study's order."""
        return list(dict.fromkeys(run.arm for run in self.runs))

    @cached_property
    def by_arm(self) -> dict[str, list[Run]]:
        """The runs of every arm."""
        return {arm: [run for run in self.runs if run.arm == arm] for arm in self.arms}

    @property
    def registration(self) -> Facts:
        """What was decided before the first run."""
        return mapping(self.results.get("registration"))

    @property
    def baseline(self) -> str | None:
        """The arm that the others are compared with."""
        found = self.registration.get("baseline")
        return str(found) if found in self.arms else None

    @cached_property
    def splits(self) -> list[str]:
        """The names of the splits; the one that decides comes first."""
        scored = dict.fromkeys(split for run in self.runs for split in run.splits)
        names = list(dict.fromkeys([*mapping(self.results.get("splits")), *scored]))
        return sorted(names, key=lambda name: name != self.deciding)

    @property
    def deciding(self) -> str | None:
        """The split that decides."""
        found = self.registration.get("split")
        return None if found is None else str(found)

    @property
    def margin(self) -> float:
        """The least improvement that matters, as decided beforehand; nan where nothing was."""
        return real(self.registration.get("margin"))

    @property
    def comparisons(self) -> list[Facts]:
        """The comparisons, those that decide first."""
        found = [mapping(entry) for entry in self.results.get("comparisons") or []]
        return sorted(found, key=lambda entry: not decides(entry))

    def baselines(self, split: str, trivial: bool | None = None) -> dict[str, float]:
        """Return the baselines' errors on a split: all, or the trivial ones, or the exact methods."""
        found: dict[str, float] = {}
        for name, entry in mapping(self.results.get("baselines")).items():
            here = mapping(mapping(entry).get(split))
            mse = real(here.get("mse"))
            if math.isfinite(mse) and trivial in (None, bool(here.get("trivial"))):
                found[name] = mse
        return found

    def best_trivial(self, split: str) -> tuple[str, float] | None:
        """Return the best trivial baseline of a split by name and error."""
        found = self.baselines(split, trivial=True)
        return min(found.items(), key=lambda item: item[1]) if found else None

    @property
    def rule(self) -> DivergenceRule:
        """Which runs count as diverged, as decided beforehand."""
        return "non-finite" if self.registration.get("divergence") == "non-finite" else "worse-than-zero"

    def cap(self, split: str, runs: Iterable[Run]) -> float:
        """Return the error above which some compared runs count as diverged, and at which they then count.

        It is nan where the zero predictor was not measured.
        """
        zero = self.baselines(split).get(ZERO, math.nan)
        return limit([run.mse(split) for run in runs], zero, self.rule) if math.isfinite(zero) else math.nan


def mapping(value: Any) -> Facts:
    """Return a table read from JSON; an empty one where something else stands."""
    return value if isinstance(value, Mapping) else {}


def decides(entry: Facts) -> bool:
    """Return whether a comparison was registered beforehand."""
    return bool(entry.get("registered")) and not entry.get("exploratory")
