"""The CPU threads that a run computes with."""

import os

import torch

from ravine.config.schema import RunConfig
from ravine.errors import ConfigurationError


def check_threads(config: RunConfig) -> None:
    """Raise a `ConfigurationError` if a run that is to begin here asks for more CPU threads than there are cores."""
    if config.compute.threads > (cores := os.cpu_count() or 1):
        raise ConfigurationError(
            f"compute.threads: {config.compute.threads} of this machine's {cores} cores; write at most {cores}"
        )


def set_threads(config: RunConfig) -> None:
    """Give PyTorch the run's number of CPU threads, if it names one; of a run from a larger machine, all cores."""
    if config.compute.threads:
        torch.set_num_threads(min(config.compute.threads, os.cpu_count() or 1))
