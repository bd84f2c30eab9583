"""Every shipped contrast and selection conforms; and the kit catches what does not."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from ravine.mining.arms import CONTRASTS, SELECTIONS
from ravine.mining.contrast.base import Contrast
from ravine.mining.contrast.contrastive_divergence import ContrastiveDivergence
from ravine.mining.contrast.softplus import Softplus
from ravine.mining.select.base import Select
from ravine.mining.select.most_deceptive import MostDeceptive
from ravine.mining.select.top_share import TopShare
from ravine.testing import check_contrast, check_selection


@pytest.mark.parametrize("kind", CONTRASTS.shipped)
def test_every_shipped_contrast_conforms(kind: str) -> None:
    check_contrast(CONTRASTS.shipped[kind]())


def test_the_published_contrastive_divergence_conforms() -> None:
    check_contrast(ContrastiveDivergence(regulariser=1.0, regularises="energies"))


@pytest.mark.parametrize("share", [0.01, 0.3, 1.0])
def test_every_share_conforms(share: float) -> None:
    check_selection(TopShare(candidates=6, share=share))


@pytest.mark.parametrize("options", [{}, {"candidates": 4}])
@pytest.mark.parametrize("kind", SELECTIONS.shipped)
def test_every_shipped_selection_conforms(kind: str, options: dict[str, Any]) -> None:
    check_selection(SELECTIONS.shipped[kind](**options))


def test_a_selection_by_energy_alone_conforms() -> None:
    check_selection(MostDeceptive(candidates=3, weight=0.0))


class Own(Contrast):
    """A contrast that is a function of energies."""

    of: Callable[[Tensor, Tensor], Tensor]

    def __call__(self, positive: Tensor, negatives: Tensor, temperature: float) -> Tensor:
        return self.of(positive, negatives)


class Pulled(Own):
    """The same, which says that it need not fall from everywhere."""

    falls = False


def softplus(positive: Tensor, negatives: Tensor) -> Tensor:
    return Softplus()(positive, negatives, 1.0)


CONTRAST_FAULTS: dict[str, tuple[Callable[[Tensor, Tensor], Tensor], str]] = {
    "one number for all": (lambda p, n: softplus(p, n).mean(), "one value per problem"),
    "overflows": (lambda p, n: (p[:, None] - n).exp().add(1).log().mean(1), "not finite"),
    "other problems": (lambda p, n: softplus(p - p.mean(), n), "depends on the others"),
    "the first negative": (lambda p, n: softplus(p, n * torch.arange(1, n.shape[1] + 1)), "order of negatives"),
    "the other sign": (lambda p, n: softplus(-p, -n), "falls as the positive"),
    "negatives pulled down": (lambda p, n: softplus(p, p[:, None].detach()) + n.mean(1), "negative's energy falls|far"),
    "indifferent": (lambda p, n: 0 * (p + n.sum(1)), "no lower"),
    "waits": (lambda p, n: softplus(p / float(p.abs().max()), n), "waits"),
}


@pytest.mark.parametrize("fault", CONTRAST_FAULTS)
def test_every_fault_of_a_contrast_is_caught(fault: str) -> None:
    of, words = CONTRAST_FAULTS[fault]
    with pytest.raises(AssertionError, match=words):
        check_contrast(Own(of=of))


class Chosen(Select):
    """A selection of four candidates that is a function of energies and answers."""

    of: Callable[[Tensor, Tensor], Tensor]
    candidates: int = 4

    def __call__(self, energies: Tensor, answers: Tensor, right: Tensor) -> Tensor:
        return self.of(energies, answers)


class Blind(Chosen):
    """The same, which says that it looks at no energy."""

    needs_energy = False


def lowest(energies: Tensor, answers: Tensor) -> Tensor:
    return energies.argmin(1, keepdim=True)


LEVEL_FAULTS: dict[str, tuple[Callable[[Tensor, Tensor], Tensor], str]] = {
    "the other sign": (lambda p, n: softplus(-p, -n), "falls as the positive"),
    "indifferent": (lambda p, n: (p[:, None] - n).square().mean(1), "indifferent"),
}


@pytest.mark.parametrize("fault", LEVEL_FAULTS)
def test_a_contrast_that_need_not_fall_from_everywhere_falls_from_equal_energies(fault: str) -> None:
    of, words = LEVEL_FAULTS[fault]
    with pytest.raises(AssertionError, match=words):
        check_contrast(Pulled(of=of))


SELECTION_FAULTS: dict[str, tuple[type[Chosen], Callable[[Tensor, Tensor], Tensor], str]] = {
    "numbers": (Chosen, lambda e, a: lowest(e, a).float(), "not int64"),
    "no axis of choices": (Chosen, lambda e, a: e.argmin(1), r"not \(b, s\)"),
    "rows lost": (Chosen, lambda e, a: lowest(e, a)[1:], r"not \(b, s\)"),
    "beyond the candidates": (Chosen, lambda e, a: lowest(e, a) + 4, "none of 0 to 3"),
    "beyond them among equals": (Chosen, lambda e, a: lowest(e, a) + 4 * (e == 0).all(1, keepdim=True), "among equal"),
    "one twice": (Chosen, lambda e, a: lowest(e, a).repeat(1, 2), "chosen twice"),
    "changes answers": (Chosen, lambda e, a: lowest(e, a.neg_()), "changed what"),
    "other problems": (Chosen, lambda e, a: lowest(e, a).flip(0), "depends on the others"),
    "waits": (Chosen, lambda e, a: lowest(e * float(e.abs().max()), a), "waits"),
    "blind and says not": (Chosen, lambda e, a: torch.zeros(len(e), 1).long(), "needs_energy is True"),
    "looks and says not": (Blind, lowest, "needs_energy is False"),
}


@pytest.mark.parametrize("fault", SELECTION_FAULTS)
def test_every_fault_of_a_selection_is_caught(fault: str) -> None:
    kind, of, words = SELECTION_FAULTS[fault]
    with pytest.raises(AssertionError, match=words):
        check_selection(kind(of=of))
