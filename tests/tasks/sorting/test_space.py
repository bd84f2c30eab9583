"""The space of states and choices: its parts' spaces, side by side."""

import pytest
import torch
from torch import Tensor

from ravine.tasks.answers import OneHot, Reals, Signs, one_hot
from ravine.tasks.sorting.space import StatesAndChoices

GENERATOR = torch.Generator().manual_seed(0)
STEPS, N = 3, 4
SPACES = {
    "plain": (StatesAndChoices(Reals(), 1, 1), (STEPS, N, 3)),
    "relational": (StatesAndChoices(Signs(), 6, 2), (STEPS, N, N, 7)),
}
BOTH = pytest.mark.parametrize("name", SPACES)


def point(name: str, size: int = 5) -> Tensor:
    return torch.randn((size, *SPACES[name][1]), generator=GENERATOR)


def parts(name: str, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return the states, and the choices as groups along the last axis, written out by loops."""
    space, _ = SPACES[name]
    groups = [y[..., c].flatten(2) for c in range(space.channels, y.shape[-1])]
    return y[..., : space.channels], torch.stack(groups, 2)


@BOTH
def test_decoding_decodes_the_parts(name: str) -> None:
    space, _ = SPACES[name]
    y = point(name)
    states, choices = parts(name, space.decode(y))
    before, groups = parts(name, y)
    assert torch.equal(states, space.states.decode(before))
    assert torch.equal(choices, one_hot(groups.argmax(-1), groups.shape[-1]))
    assert torch.equal(space.decode(space.decode(y)), space.decode(y))


@BOTH
def test_every_entry_belongs_to_one_cell_and_comes_back(name: str) -> None:
    space, shape = SPACES[name]
    y = space.decode(point(name, 1))
    count = space.cells(torch.zeros_like(y, dtype=torch.bool)).shape[1]
    states = y[..., : space.channels].numel()
    assert count == states + STEPS * (shape[-1] - space.channels)
    owners = torch.zeros(shape)
    for cell in range(count):
        alone = torch.zeros(1, count, dtype=torch.bool)
        alone[0, cell] = True
        entries = space.spread(alone, y)
        assert torch.equal(space.cells(entries), alone)
        owners += entries[0]
    assert (owners == 1).all()


@BOTH
def test_redrawn_answers_differ_in_every_cell_and_lie_in_the_space(name: str) -> None:
    space, _ = SPACES[name]
    y = space.decode(point(name))
    redrawn = space.redrawn(y, torch.Generator().manual_seed(1))
    assert space.cells(redrawn != y).all()
    assert torch.equal(space.decode(redrawn), redrawn)


@BOTH
def test_corruption_holds_what_is_given(name: str) -> None:
    space, _ = SPACES[name]
    y = space.decode(point(name))
    given = space.spread(torch.rand(space.cells(y > 2).shape, generator=GENERATOR) < 0.5, y)
    wrong = space.corrupt(y, given, 0.5, torch.Generator().manual_seed(1))
    assert torch.equal(wrong[given], y[given])
    assert (wrong != y).flatten(1).any(1).all()


def test_shown_are_the_states_and_the_chosen_nodes() -> None:
    space, _ = SPACES["plain"]
    y = point("plain")
    shown = space.shown(y)
    assert shown.shape == (5, STEPS, N + 2)
    assert torch.equal(shown[..., :N], y[..., 0])
    assert torch.equal(shown[..., N:], y[..., 1:].argmax(2).float())
    pairs = SPACES["relational"][0].shown(point("relational"))
    assert pairs.shape == (5, STEPS, 6 * N * N + 1)
    assert OneHot.symbolic
    assert not space.symbolic
