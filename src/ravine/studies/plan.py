"""A study's plan: one run for every arm and seed, each with its own directory and the identity of its content."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class PlannedRun:
    """One training of a study: its arm and seed, its whole configuration, and where it lives."""

    arm: str
    seed: int
    config: Mapping[str, Any]
    path: Path

    @property
    def id(self) -> str:
        """The first 12 hexadecimal digits of the SHA-256 of the configuration."""
        text = json.dumps(self.config, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Registration:
    """What was decided before the first run: who is compared with whom, on which split, over how many seeds.

    `baseline` is None where a study has a single arm; comparisons are of every other arm with the baseline.
    """

    baseline: str | None
    seeds: int
    split: str
    margin: float


def run_path(study: Path, arm: str, seed: int) -> Path:
    """Return the directory of one run of the study in `study`."""
    return study / "runs" / arm / f"seed-{seed}"
