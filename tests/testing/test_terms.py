"""The kit for terms of the loss lets pass what conforms, and catches what does not."""

from collections.abc import Callable
from typing import Any

import pytest
from torch import Tensor

from ravine.tasks.matrices.completion import Completion
from ravine.tasks.matrices.inverse import Inverse
from ravine.terms import Term
from ravine.testing import check_term


class Own(Term):
    def __init__(self, values: Callable[..., Tensor]) -> None:
        self.values = values

    def __call__(self, energy: Any, condition: Any, y_k: Tensor, *others: Any) -> Tensor:
        return self.values(energy.energy(condition, y_k), y_k)


def test_a_term_conforms() -> None:
    for task in (Inverse(3), Completion(3)):
        check_term(Own(lambda energy, y_k: energy.square()), task)


def spoilt(energy: Tensor, y_k: Tensor) -> Tensor:
    y_k += 1
    return energy


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (lambda energy, y_k: energy.mean(), "not one value per problem"),
        (lambda energy, y_k: energy / 0, "is not finite"),
        (lambda energy, y_k: energy - energy.mean(), "depends on the others"),
        (lambda energy, y_k: energy.detach(), "trains no weight"),
        (lambda energy, y_k: energy * float(energy[0] < 1e9), "waits|read back"),
        (spoilt, "changed what it was handed"),
    ],
)
def test_what_does_not_conform_is_caught(values: Callable[..., Tensor], why: str) -> None:
    with pytest.raises((AssertionError, RuntimeError), match=why):
        check_term(Own(values), Inverse(3))
