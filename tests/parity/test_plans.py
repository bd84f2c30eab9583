"""Numerical parity of the sorting networks with the released ones, and what the released energy per column was."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from tests.parity.conftest import released_weights
from torch import Tensor

from ravine.energies.base import Energy
from ravine.energies.released_plans import plain_plan_from_released, relational_plan_from_released
from ravine.mining.contrast.softplus import Softplus

pytestmark = pytest.mark.parity
Read = Callable[[str], dict[str, Tensor]]
READERS: dict[str, Callable[[dict[str, Tensor]], Energy[Any]]] = {
    "sort": relational_plan_from_released,
    "sort-2": plain_plan_from_released,
}


def assert_equal(ours: Tensor, theirs: Tensor) -> None:
    torch.testing.assert_close(ours.detach(), theirs, rtol=1e-4, atol=1e-5)


def test_plain_plans(arrays: Read) -> None:
    v, energy = arrays("extra/sort-2"), plain_plan_from_released(released_weights("sort-2"))
    point = energy.energy_and_gradient(energy.condition(v["x"], v["k"]), v["y_k"])
    assert_equal(point.energy, v["energy"])
    assert_equal(point.gradient, v["gradient"])


def test_relational_plans_have_one_energy_whose_parts_are_the_released_ones_per_column(arrays: Read) -> None:
    """The released sum leaves out the last axis of nodes: five energies for one array of five places."""
    v, energy = arrays("extra/sort"), relational_plan_from_released(released_weights("sort"))
    condition = energy.condition(v["x"], v["k"])
    assert_equal(energy.per_pair(condition, v["y_k"]).sum((1, 2)), v["energy_per_column"])
    point = energy.energy_and_gradient(condition, v["y_k"])
    assert point.energy.shape == (4,)
    assert_equal(point.energy, v["energy_per_column"].sum(1))
    assert_equal(point.gradient, v["gradient_of_the_sum"])


def test_the_first_column_alone_does_not_see_a_whole_plan(arrays: Read) -> None:
    """Steps were accepted by the first column's energy: it falls along its own gradient where the whole rises."""
    v, energy = arrays("extra/sort"), relational_plan_from_released(released_weights("sort"))
    condition, y = energy.condition(v["x"], v["k"]), v["y_k"].requires_grad_()
    columns = energy.per_pair(condition, y).sum((1, 2))
    whole, first = (torch.autograd.grad(e.sum(), y, retain_graph=True)[0] for e in (columns, columns[:, 0]))
    only_first = first - whole * (first * whole).sum() / whole.square().sum()
    assert (only_first.flatten(1).norm(dim=1) > 0.1 * first.flatten(1).norm(dim=1)).all()


@pytest.mark.parametrize("name", READERS)
def test_contrast_gets_one_loss_a_problem(arrays: Read, name: str) -> None:
    """The released contrast stopped at an energy (b,), and of one per column took the first for all of a problem."""
    v, read = arrays(f"extra/{name}"), READERS[name]
    energy = read(released_weights(name))
    positive = energy(v["x"], v["y_k"], v["k"])
    loss = Softplus()(positive, energy(v["x"], -v["y_k"], v["k"])[:, None], temperature=1.0)
    assert loss.shape == (len(v["x"]),)
