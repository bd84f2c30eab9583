"""A conformance kit for a miner's small choices: contrasts and selections."""

from collections.abc import Callable

import torch
from torch import Tensor

from ravine.mining.contrast.base import Contrast
from ravine.mining.select.base import Select
from ravine.mining.waiting import no_waiting
from ravine.seeding import Seeds
from ravine.testing.agreement import assert_agree

SIZE, TEMPERATURE = 12, 0.7
FAR = 1e4
SEEDS = Seeds(0, ("testing",))
Loss = Callable[[Tensor, Tensor], Tensor]


def check_contrast(contrast: Contrast) -> None:
    """A contrast is a finite loss per problem that falls with the positive's energy and as negatives' energies rise.

    One that says that it does not fall from everywhere (`falls`) is asked where all energies are 0.
    """

    def loss(positive: Tensor, negatives: Tensor) -> Tensor:
        with no_waiting():
            return contrast(positive, negatives, TEMPERATURE)

    for count in (1, 5):
        _check_form(loss, count)
        _check_slopes(loss, count, 1.0 if contrast.falls else 0.0)
        if contrast.falls:
            _check_ends(loss, count)


def _check_form(loss: Loss, count: int) -> None:
    positive, negatives = _energies("positive"), _energies("negatives", count)
    whole = loss(positive, negatives)
    assert whole.shape == (SIZE,), f"the loss has shape {tuple(whole.shape)}, not one value per problem"
    for far in (-FAR, FAR):
        assert loss(positive + far, negatives).isfinite().all(), f"the loss is not finite at energies {FAR:g} apart"
    part = loss(positive[:3], negatives[:3])
    assert_agree(part, whole[:3], "a problem's loss depends on the others")
    again = loss(positive, negatives.flip(1))
    assert_agree(again, whole, "the order of negatives changes the loss")


def _check_slopes(loss: Loss, count: int, spread: float) -> None:
    drawn = (spread * _energies(name, *n) for name, n in (("p", ()), ("n", (count,))))
    positive, negatives = (energies.requires_grad_() for energies in drawn)
    slopes = torch.autograd.grad(loss(positive, negatives).sum(), (positive, negatives))
    assert (slopes[0] >= 0).all(), "the loss falls as the positive's energy rises"
    assert (slopes[1] <= 0).all(), "the loss falls as a negative's energy falls"
    assert spread or (slopes[0] > 0).all(), "the loss is indifferent to the positive where all energies are equal"


def _check_ends(loss: Loss, count: int) -> None:
    negatives = _energies("n", count)
    low, high = (loss(negatives.mean(1) + far, negatives) for far in (-10.0, 10.0))
    assert (low < high).all(), "the loss is no lower where the positive lies far below the negatives than far above"


def check_selection(select: Select) -> None:
    """A selection returns different candidates' indices, row by row, by what it says it looks at and nothing else."""
    m = select.candidates
    energies, answers, right = _energies("energies", m), _energies("answers", m, 3, 2), _energies("right", 3, 2)
    before = [values.clone() for values in (energies, answers, right)]
    with no_waiting():
        index = select(energies, answers, right)
    assert index.dtype == torch.int64, f"indices are {index.dtype}, not int64"
    assert index.dim() == 2, f"indices have shape {tuple(index.shape)}, not (b, s)"
    assert index.shape[0] == SIZE, f"indices have shape {tuple(index.shape)}, not (b, s)"
    assert ((index >= -1) & (index < m)).all(), f"an index is none of 0 to {m - 1}, nor -1"
    ordered = index.sort(1).values
    assert ((ordered.diff(dim=1) > 0) | (ordered[:, 1:] < 0)).all(), "a candidate is chosen twice"
    for value, was in zip((energies, answers, right), before, strict=True):
        assert torch.equal(value, was), "the selection changed what it was handed"
    half = select(energies[:3], answers[:3], right[:3])
    assert torch.equal(half, index[:3]), "a problem's choice depends on the others"
    same = select(torch.zeros_like(energies), right[:, None].expand_as(answers), right)
    assert ((same >= -1) & (same < m)).all(), f"among equal candidates an index is none of 0 to {m - 1}, nor -1"
    changed = not torch.equal(select(-energies, answers, right), index)
    assert changed == select.needs_energy, f"needs_energy is {select.needs_energy}, and the choice says otherwise"


def _energies(name: str, *shape: int) -> Tensor:
    """Return standard normal numbers for every problem, the same for one name."""
    return torch.randn((SIZE, *shape), generator=SEEDS.child(name).generator(), dtype=torch.float64)
