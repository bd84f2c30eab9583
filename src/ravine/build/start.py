"""The weights that a run begins with, where they are another run's."""

from pathlib import Path

from torch import Tensor

from ravine.build.parts import energy, task
from ravine.config.schema import RunConfig
from ravine.errors import ConfigurationError
from ravine.training.start import digest, misfit, weights_of


def start(config: RunConfig) -> tuple[RunConfig, dict[str, Tensor] | None]:
    """Return the run with the digest of the weights that it begins with, and these weights; None for fresh ones.

    A `ConfigurationError` if the configuration has a digest already, of other weights, or an energy that they do not
    fit; a `RunError` if there are none.
    """
    training = config.training
    if training.start_from is None:
        return config, None
    weights = weights_of(Path(training.start_from))
    now = digest(weights)
    if training.start_weights not in (None, now):
        raise ConfigurationError(
            f"training.start_from: the weights of {training.start_from} are {now}, and this run begins with "
            f"{training.start_weights}; name a run that has those, or start a new run from these in another --out"
        )
    if why := misfit(weights, energy(config, task(config)).state_dict()):
        raise ConfigurationError(f"training.start_from: the weights of {training.start_from} do not fit: {why}")
    return config.model_copy(update={"training": training.model_copy(update={"start_weights": now})}), weights
