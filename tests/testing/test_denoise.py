"""Every shipped denoising loss conforms; and the kit catches what does not."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from tests.testing.registered import energy_config
from tests.testing.toy import Shift
from torch import Tensor

from ravine.batch import Batch
from ravine.config.schema import DENOISERS
from ravine.denoise.base import Denoise, Denoised, over_free
from ravine.denoise.posterior import HasPosterior
from ravine.denoise.score import noise_error
from ravine.diffusion import Diffusion
from ravine.energies.base import Condition, Energy
from ravine.seeding import Seeds
from ravine.tasks.base import Task
from ravine.tasks.matrices.completion import Completion
from ravine.tasks.matrices.inverse import Inverse
from ravine.tasks.sudoku.shape import Box
from ravine.tasks.sudoku.task import Sudoku
from ravine.testing import check_denoise


@pytest.mark.parametrize("task", [Inverse(3), Completion(3), Shift()], ids=lambda task: task.name)
def test_the_noise_error_conforms(task: Task) -> None:
    check_denoise(DENOISERS.shipped["score"](), task)


@pytest.mark.parametrize("kind", DENOISERS.shipped)
def test_every_shipped_loss_conforms_with_an_energy_that_has_a_posterior(kind: str) -> None:
    task = Sudoku(Box(2, 2))
    energy = energy_config("cells").build(task.shape, Diffusion.cosine(5), Seeds(0).generator())
    assert isinstance(energy, HasPosterior)
    check_denoise(DENOISERS.shipped[kind](), task, energy)


class Own(Denoise):
    """The noise error, or what a fault makes of it."""

    of: Callable[[Tensor, Tensor, Batch], Tensor]

    def __call__(
        self,
        energy: Energy[Any],
        condition: Condition,
        y_k: Tensor,
        eps: Tensor,
        batch: Batch,
        noise_level: Tensor,
    ) -> Denoised:
        point = energy.energy_and_gradient(condition, y_k)
        return Denoised(self.of(point.gradient, eps, batch), point.energy)


def by_entry(gradient: Tensor, eps: Tensor, batch: Batch) -> Tensor:
    """Problems with fewer given entries count for more than others of their batch."""
    assert batch.given is not None
    free = (~batch.given).to(eps.dtype)
    return ((gradient - eps).square() * free).flatten(1).sum(1) / free.sum()


def everywhere(gradient: Tensor, eps: Tensor, batch: Batch) -> Tensor:
    return over_free((gradient - eps).square(), torch.ones_like(eps, dtype=torch.bool))


FAULTS: dict[str, tuple[Callable[[Tensor, Tensor, Batch], Tensor], str]] = {
    "one for all": (lambda g, e, b: (g - e).square().mean(), "not one number|Type-check"),
    "not finite": (lambda g, e, b: noise_error(g, e, b) / 0, "not finite"),
    "detached": (lambda g, e, b: noise_error(g.detach(), e, b) + 0 * g.sum(), "trains none"),
    "of the batch": (lambda g, e, b: (g - e).square().mean().expand(len(g)), "depends on its batch"),
    "counts entries": (by_entry, "depends on its batch"),
    "asks for nothing": (lambda g, e, b: g.square().flatten(1).mean(1), "the loss is the same"),
    "given entries": (everywhere, "given entries count"),
    "waits": (lambda g, e, b: noise_error(g, e, b) / float(e.abs().max()), "waits"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_of_a_denoising_loss_is_caught(fault: str) -> None:
    of, words = FAULTS[fault]
    with pytest.raises(Exception, match=words):
        check_denoise(Own(of=of), Uneven())


class Uneven(Shift):
    """The toy task with more given cells in some problems."""

    def sample(
        self, size: int, generator: torch.Generator, split: str = "same", dtype: torch.dtype = torch.float32
    ) -> Batch:
        batch = super().sample(size, generator, split, dtype)
        assert batch.given is not None
        given = batch.given.clone()
        given[::3, :6] = True
        return Batch(batch.x, batch.y, given)
