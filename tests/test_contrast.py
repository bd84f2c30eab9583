import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ravine.mining.arms import CONTRASTS
from ravine.mining.contrast.base import Contrast
from ravine.mining.contrast.contrastive_divergence import ContrastiveDivergence
from ravine.mining.contrast.info_nce import InfoNCE
from ravine.mining.contrast.margin import Margin
from ravine.mining.contrast.softplus import Softplus

energies = st.floats(-5, 5)


@given(energies, st.lists(energies, min_size=1, max_size=4), st.floats(0.1, 5))
def test_each_form_is_its_formula(positive: float, negatives: list[float], temperature: float) -> None:
    e_pos, e_neg = torch.tensor([positive]).double(), torch.tensor([negatives]).double()
    positive, negatives = float(e_pos), e_neg[0].tolist()
    gaps = [(positive - negative) / temperature for negative in negatives]
    shares = [math.exp(-energy / temperature) for energy in (positive, *negatives)]
    expected = {
        "softplus": sum(math.log1p(math.exp(gap)) for gap in gaps) / len(gaps),
        "margin": sum(max(0.0, 1 + gap) for gap in gaps) / len(gaps),
        "info-nce": -math.log(shares[0] / sum(shares)),
        "contrastive-divergence": sum(gap + 0.01 * gap**2 for gap in gaps) / len(gaps),
    }
    assert set(expected) == set(CONTRASTS.shipped)
    for name, value in expected.items():
        assert float(CONTRASTS.shipped[name]()(e_pos, e_neg, temperature)) == pytest.approx(
            value, rel=1e-6, abs=1e-9
        ), name


def test_one_negative_makes_info_nce_the_softplus() -> None:
    positive, negative = torch.tensor([1.0, -2.0]), torch.tensor([[0.5], [3.0]])
    torch.testing.assert_close(InfoNCE()(positive, negative, 0.7), Softplus()(positive, negative, 0.7))


ENERGIES = ContrastiveDivergence(regularises="energies", regulariser=0.5)
SHIFT_FREE = [Softplus(), Margin(), InfoNCE(), ContrastiveDivergence(), ContrastiveDivergence(regulariser=0.0)]


def test_the_published_regulariser_squares_both_energies() -> None:
    positive, negatives = torch.tensor([2.0]), torch.tensor([[1.0, -3.0]])
    expected = ((2 - 1 + 0.5 * (4 + 1)) + (2 + 3 + 0.5 * (4 + 9))) / 2
    assert float(ENERGIES(positive, negatives, 1.0)) == pytest.approx(expected)
    assert float(ENERGIES(2 * positive, 2 * negatives, 2.0)) == pytest.approx(expected)


@pytest.mark.parametrize("form", SHIFT_FREE)
def test_a_constant_added_to_the_energy_changes_nothing(form: Contrast) -> None:
    positive, negatives = torch.tensor([1.0, -2.0]).double(), torch.tensor([[0.5, 2.0], [3.0, -1.0]]).double()
    torch.testing.assert_close(form(positive + 7, negatives + 7, 0.7), form(positive, negatives, 0.7))
    assert not torch.isclose(ENERGIES(positive + 7, negatives + 7, 0.7), ENERGIES(positive, negatives, 0.7)).any()


@pytest.mark.parametrize("regulariser", [0.1, 2.0])
def test_the_regularised_gap_is_least_where_the_docstring_says(regulariser: float) -> None:
    gap = torch.linspace(-8, 2, 20001, dtype=torch.float64)
    loss = ContrastiveDivergence(regulariser=regulariser)(gap, torch.zeros(len(gap), 1).double(), 1.0)
    assert float(gap[loss.argmin()]) == pytest.approx(-1 / (2 * regulariser), abs=1e-3)


@pytest.mark.parametrize("form", [Softplus(), Margin(), InfoNCE(), ContrastiveDivergence()])
def test_every_form_pushes_the_positive_down_and_negatives_up(form: object) -> None:
    positive = torch.tensor([1.0], requires_grad=True)
    negatives = torch.tensor([[0.8, 1.1]], requires_grad=True)
    assert callable(form)
    down, up = torch.autograd.grad(form(positive, negatives, 1.0).sum(), (positive, negatives))
    assert (down > 0).all()
    assert (up < 0).all()
