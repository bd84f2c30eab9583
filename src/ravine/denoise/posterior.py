"""A denoising loss for answers of signs or one-hot cells: the energy's own posterior is held against right values."""

from typing import Any, Literal, Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.denoise.base import Denoise, Denoised, over_free
from ravine.energies.base import Condition, Energy
from ravine.errors import ConfigurationError


@runtime_checkable
class HasPosterior(Protocol):
    """An energy that knows the posterior of every cell's value in closed form."""

    def energy_and_surprise(
        self, condition: Any, y: Float[Tensor, "b *answer"], right: Float[Tensor, "b *answer"]
    ) -> tuple[Float[Tensor, " b"], Float[Tensor, "b *cells"]]:
        """Return the energies of points, (b,), and -ln p(right value | point) of every sign or one-hot cell."""
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
        value, surprise = energy.energy_and_surprise(condition, y_k, batch.y)
        if batch.given is None:
            return Denoised(surprise.flatten(1).mean(1), value)
        held = batch.given if batch.given.shape == surprise.shape else batch.given.any(-1)
        return Denoised(over_free(surprise, ~held), value)

    def check(self, energy: Energy[Any]) -> None:
        """Raise a `ConfigurationError` for an energy without a posterior."""
        if not isinstance(energy, HasPosterior):
            name = type(energy).__name__
            raise ConfigurationError(f"training.denoise: {name} has no posterior of its own; write score")
