"""A conformance kit for terms of the loss."""

from typing import Any

import torch
from torch import Tensor

from ravine.diffusion import Diffusion
from ravine.energies.base import Energy
from ravine.energies.mlp import MLP
from ravine.mining.waiting import no_waiting
from ravine.seeding import Seeds
from ravine.tasks.base import Task
from ravine.terms import Term
from ravine.testing.agreement import assert_agree
from ravine.testing.randomness import own_randomness

SIZE = 20
SEEDS = Seeds(0, ("testing", "term"))


def check_term(term: Term, task: Task, energy: Energy[Any] | None = None) -> None:
    """A term is a finite loss per problem that trains the energy, the same whatever else is in the batch.

    It waits for no device, draws nothing at random and leaves its arguments alone. Without an energy, of an MLP.
    """
    diffusion = Diffusion.cosine(5)
    if energy is None:
        energy = MLP(task.x_shape, task.y_shape, 5, SEEDS.child("weights").generator(), width=16, embedding_width=8)
    made_for = energy
    batch, k = task.sample(SIZE, SEEDS.child("problems").generator()), torch.arange(SIZE) % 5
    eps = batch.free(torch.randn(batch.y.shape, generator=SEEDS.child("noise").generator()))
    y_k = diffusion.noise(batch.y, k, eps)
    before = [tensor.clone() for tensor in (y_k, eps, batch.y)]

    def loss(rows: slice) -> Tensor:
        condition, level = made_for.condition(batch.x[rows], k[rows]), diffusion.noise_level(k[rows])
        with no_waiting():
            return term(made_for, condition, y_k[rows], eps[rows], batch.rows(rows), level)

    with own_randomness():
        whole = loss(slice(None))
        for value, was in zip((y_k, eps, batch.y), before, strict=True):
            assert torch.equal(value, was), "the term changed what it was handed"
        assert whole.shape == (SIZE,), f"the loss has shape {tuple(whole.shape)}, not one value per problem"
        assert whole.isfinite().all(), "the loss is not finite"
        parts = torch.cat([loss(slice(start, start + 5)) for start in range(0, SIZE, 5)])
        assert_agree(parts, whole, "a problem's loss depends on the others", rtol=1e-4, atol=1e-5)
        assert whole.requires_grad, "the loss trains no weight"
        slopes = torch.autograd.grad(whole.sum(), list(made_for.parameters()), allow_unused=True)
        assert any(slope is not None and bool(slope.any()) for slope in slopes), "the loss trains no weight"
