import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ravine.mining.arms import CONTRASTS
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
    }
    assert set(expected) == set(CONTRASTS.shipped)
    for name, value in expected.items():
        assert float(CONTRASTS.shipped[name]()(e_pos, e_neg, temperature)) == pytest.approx(
            value, rel=1e-6, abs=1e-9
        ), name


def test_one_negative_makes_info_nce_the_softplus() -> None:
    positive, negative = torch.tensor([1.0, -2.0]), torch.tensor([[0.5], [3.0]])
    torch.testing.assert_close(InfoNCE()(positive, negative, 0.7), Softplus()(positive, negative, 0.7))


@pytest.mark.parametrize("form", [Softplus(), Margin(), InfoNCE()])
def test_every_form_pushes_the_positive_down_and_negatives_up(form: object) -> None:
    positive = torch.tensor([1.0], requires_grad=True)
    negatives = torch.tensor([[0.8, 1.1]], requires_grad=True)
    assert callable(form)
    down, up = torch.autograd.grad(form(positive, negatives, 1.0).sum(), (positive, negatives))
    assert (down > 0).all()
    assert (up < 0).all()
