"""A denoising loss for answers of one-hot cells: the energy's own posterior is held against the right values."""

from typing import Any, Literal, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.denoise.base import Denoise, Denoised, over_free
from ravine.energies.base import Condition, Energy
from ravine.errors import ConfigurationError


@runtime_checkable
class HasPosterior(Protocol):
    """An energy that knows the posterior of every cell's value in closed form."""

    def energy_and_log_posterior(
        self, condition: Any, y: Float[Tensor, "b *answer"]
    ) -> tuple[Float[Tensor, " b"], Float[Tensor, "b *answer"]]:
        """Return the energies of points, (b,), and ln p(value | point) of every cell's values, shaped as the points."""
        ...


class Posterior(Denoise):
    """-ln p(right value | y_k), the mean over free cells, p the energy's own posterior of a cell's value.

    Where the energy is -sigma ln of a likelihood, both losses have the same minimum (the posterior mean is the best
    noise prediction), and this one needs no second-order graph. Source: the cross-entropy of discrete denoising models
    (Austin et al. 2021, equation 5).
    """

    kind: Literal["posterior"] = "posterior"

    def __call__(
        self,
        energy: Energy[Any],
        condition: Condition,
        y_k: Float[Tensor, "b *answer"],
        eps: Float[Tensor, "b *answer"],
        batch: Batch,
        noise_level: Float[Tensor, " b"],
    ) -> Denoised:
        """Return the cross-entropy of the right values."""
        assert isinstance(energy, HasPosterior)
        value, log_posterior = energy.energy_and_log_posterior(condition, y_k)
        surprise = -(log_posterior * (batch.y > 0)).sum(-1)
        free = torch.ones_like(surprise, dtype=torch.bool) if batch.given is None else ~batch.given.any(-1)
        return Denoised(over_free(surprise, free), value)

    def check(self, energy: Energy[Any]) -> None:
        """Raise a `ConfigurationError` for an energy without a posterior."""
        if not isinstance(energy, HasPosterior):
            name = type(energy).__name__
            raise ConfigurationError(f"training.denoise: {name} has no posterior of its own; write score")
