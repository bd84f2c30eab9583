"""The configuration of runs and studies: what can be set, and how presets, files and overrides become it."""

from ravine.config.schema import RunConfig
from ravine.config.sources import arm_run, preset_names, read_run, read_study
from ravine.config.study import StudyConfig

__all__ = ["RunConfig", "StudyConfig", "arm_run", "preset_names", "read_run", "read_study"]
