"""Small real runs for executors, of some seconds each, and what they come to when nobody disturbs them."""

from pathlib import Path

from benchmarks.survival import undisturbed, write_study

from ravine.analysis.plan import PlannedRun
from ravine.config import read_study
from ravine.experiments.planning import plan


def small_study(folder: Path, seeds: int = 3, steps: int = 400) -> tuple[Path, list[PlannedRun]]:
    """Write a study of one arm and return its file and plan."""
    file = write_study(folder, seeds, steps, ["none"])
    return file, plan(read_study(file), folder / "study")


def whole_study(folder: Path, file: Path) -> Path:
    """Train the study's runs in this process, and return their directory."""
    undisturbed(file, folder / "whole")
    return folder / "whole"
