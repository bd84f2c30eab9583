"""A conformance kit for denoising losses."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from ravine.batch import Batch
from ravine.denoise.base import Denoise, Denoised
from ravine.diffusion import Diffusion
from ravine.energies.base import Energy
from ravine.energies.mlp import MLP
from ravine.mining.waiting import no_waiting
from ravine.seeding import Seeds
from ravine.tasks.base import Task
from ravine.testing.agreement import assert_agree
from ravine.testing.randomness import own_randomness

SIZE = 20
SEEDS = Seeds(0, ("testing", "denoise"))


@dataclass(frozen=True)
class Bench:
    """A loss, an energy in float64, and problems with their landscapes and noise."""

    denoise: Denoise
    energy: Energy[Any]
    diffusion: Diffusion
    batch: Batch
    k: Tensor
    eps: Tensor

    def loss(self, rows: slice = slice(None), **changes: Tensor) -> Denoised:
        """Return the loss of some rows, with another `eps` or other right answers `y` than the points were made of."""
        batch, k, eps = self.batch.rows(rows), self.k[rows], self.eps[rows]
        y_k = self.diffusion.noise(batch.y, k, batch.free(eps))
        told = replace(batch, y=changes.get("y", batch.y))
        condition, level = self.energy.condition(batch.x, k), self.diffusion.sigma[k] / self.diffusion.signal[k]
        with no_waiting():
            return self.denoise(self.energy, condition, y_k, changes.get("eps", eps), told, level)


def check_denoise(denoise: Denoise, task: Task, energy: Energy[Any] | None = None) -> None:
    """Run every check of the kit on a denoising loss, on a task's problems; without an energy, of an MLP."""
    diffusion = Diffusion.cosine(5)
    if energy is None:
        energy = MLP(task.x_shape, task.y_shape, 5, SEEDS.child("weights").generator(), width=16, embedding_width=8)
    denoise.check(energy)
    batch = task.sample(SIZE, SEEDS.child("problems").generator())
    eps = torch.randn(batch.y.shape, generator=SEEDS.child("noise").generator())
    bench = Bench(denoise, energy, diffusion, batch, torch.arange(SIZE) % 5, eps)
    for check in CHECKS:
        with own_randomness():
            check(bench)


def check_form(bench: Bench) -> None:
    """The loss is one finite number per problem; beside it stand the energies of the points."""
    found = bench.loss()
    assert found.loss.shape == (SIZE,), f"the loss has shape {tuple(found.loss.shape)}, not one number per problem"
    assert found.loss.isfinite().all(), "the loss is not finite"
    assert found.energy is not None, "the energies of the points are missing"
    assert found.energy.shape == (SIZE,), f"the energies have shape {tuple(found.energy.shape)}, not one per problem"
    assert found.energy.requires_grad, "the energies carry no gradient, and the contrast could not train"
    names = [name for name, _ in bench.energy.named_parameters()]
    slopes = torch.autograd.grad(found.loss.mean(), list(bench.energy.parameters()), allow_unused=True)
    assert any(slope is not None and bool(slope.any()) for slope in slopes), f"the loss trains none of {names}"


def check_parts(bench: Bench) -> None:
    """Problems stand apart: the losses of parts of a batch are those of the whole."""
    whole, width = bench.loss(), SIZE // 4
    parts = [bench.loss(slice(start, start + width)) for start in range(0, SIZE, width)]
    losses = torch.cat([part.loss for part in parts])
    assert_agree(losses, whole.loss, "a problem's loss depends on its batch", rtol=1e-4, atol=1e-5)
    assert whole.energy is not None
    energies = torch.cat([part.energy for part in parts if part.energy is not None])
    assert_agree(energies, whole.energy, "energies depend on the batch", rtol=1e-4, atol=1e-5)


def check_target(bench: Bench) -> None:
    """The loss asks for the noise or the right answers, and not at entries that are given."""
    batch, eps, whole = bench.batch, bench.eps, bench.loss().loss
    other = bench.loss(eps=eps.roll(1, 0), y=batch.y.roll(1, 0)).loss
    assert not torch.allclose(other, whole), "with other noise and other right answers the loss is the same"
    if batch.given is not None:
        moved = bench.loss(eps=torch.where(batch.given, eps + 1, eps)).loss
        assert_agree(moved, whole, "given entries count")


CHECKS: tuple[Callable[[Bench], None], ...] = (check_form, check_parts, check_target)
