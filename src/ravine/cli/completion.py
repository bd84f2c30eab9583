"""What the tab key completes beside commands and options: names of presets and models, and TOML files."""

from collections.abc import Iterable
from glob import glob

from ravine import models, presets


def run_sources(incomplete: str) -> list[str]:
    """Return the run presets and files that begin so."""
    return beginning(incomplete, [*presets.names("runs"), *glob(f"{incomplete}*.toml")])


def study_sources(incomplete: str) -> list[str]:
    """Return the study presets and files that begin so."""
    return beginning(incomplete, [*presets.names("studies"), *glob(f"{incomplete}*.toml")])


def model_names(incomplete: str) -> list[str]:
    """Return the models that ship whose names begin so."""
    return beginning(incomplete, models.names())


def beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    """Return the names that begin with what was typed."""
    return [name for name in names if name.startswith(incomplete)]
