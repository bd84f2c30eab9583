"""A study's plan: one run for every arm and seed, each with its own directory and the identity of its content."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ravine.statistics.scale import DivergenceRule as DivergenceRule
from ravine.training.files import Keep


@dataclass(frozen=True)
class PlannedRun:
    """One run of a study: its arm and seed, its whole configuration, where it lives, and what it keeps there.

    `point`: the name of the point of the study's axes at which it is; "" for the study's own run, which decides.
    """

    arm: str
    seed: int
    config: Mapping[str, Any]
    path: Path
    keep: Keep = "all"
    point: str = ""

    @property
    def key(self) -> str:
        """Its name within the study: "arm/seed", or "point/arm/seed"."""
        return run_key(self.arm, self.seed, self.point)

    @property
    def id(self) -> str:
        """The first 12 hexadecimal digits of the SHA-256 of the configuration."""
        text = json.dumps(self.config, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]


PLAN = "plan.json"
Matching = Literal["steps", "compute", "operations"]


@dataclass(frozen=True)
class Registration:
    """What was decided before the first run: who is compared with whom, on what, over how many seeds.

    `baseline` is None where a study has a single arm. `comparisons`: the arms whose comparison with the baseline
    decides; None: all others. `metric` is that of the final averaged energy on the fixed test set of `split`; `margin`
    is on its scale. `also`: further metrics of the same comparisons; `longer`: arms whose budget of training is another
    than that of the rest, on purpose.
    """

    baseline: str | None
    seeds: int
    split: str
    margin: float
    comparisons: tuple[str, ...] | None = None
    first_seed: int = 0
    metric: str = "mse"
    matching: Matching = "steps"
    divergence: DivergenceRule = "worse-than-zero"
    interim: bool = False
    also: tuple[str, ...] = ()
    longer: tuple[str, ...] = ()

    @property
    def metrics(self) -> tuple[str, ...]:
        """All metrics by which the registered comparisons are made, the one that decides first."""
        return (self.metric, *self.also)

    def registered(self, arms: Sequence[str]) -> list[str]:
        """Return those of a study's arms whose comparison with the baseline decides."""
        if self.baseline is None:
            return []
        chosen = arms if self.comparisons is None else self.comparisons
        return [arm for arm in arms if arm != self.baseline and arm in chosen]


def run_key(arm: str, seed: int, point: str = "") -> str:
    """Return the name of a run within its study."""
    return f"{point}/{arm}/{seed}" if point else f"{arm}/{seed}"


def run_path(study: Path, arm: str, seed: int, point: str = "") -> Path:
    """Return the directory of one run of the study in `study`."""
    return point_path(study, point) / "runs" / arm / f"seed-{seed}"


def point_path(study: Path, point: str) -> Path:
    """Return the directory of a point of a study's axes, which is laid out as a study's; the study's own for ""."""
    return study / "points" / point if point else study
