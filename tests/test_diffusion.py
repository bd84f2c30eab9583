import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from ravine.diffusion import Diffusion

DIFFUSION = Diffusion.cosine(10).to("cpu", torch.float64)


def tensors(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    y = torch.randn(6, 3, 3, generator=generator, dtype=torch.float64)
    eps = torch.randn(6, 3, 3, generator=generator, dtype=torch.float64)
    return y, DIFFUSION.draw_landscapes(6, generator), eps


@pytest.mark.parametrize("landscapes", [1, 2, 10, 37])
def test_landscapes_run_from_sharp_to_smooth(landscapes: int) -> None:
    diffusion = Diffusion.cosine(landscapes)
    assert diffusion.landscapes == landscapes
    assert (diffusion.alpha_bar.diff() < 0).all()
    torch.testing.assert_close(diffusion.signal**2 + diffusion.sigma**2, torch.ones(landscapes))
    torch.testing.assert_close(diffusion.step_size, diffusion.beta / diffusion.sigma)


@given(st.integers(0, 1000))
def test_predicting_the_clean_answer_undoes_noising(seed: int) -> None:
    y, k, eps = tensors(seed)
    torch.testing.assert_close(DIFFUSION.predict_clean(DIFFUSION.noise(y, k, eps), k, eps), y, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(DIFFUSION.unscale(DIFFUSION.scale(y, k), k), y)


@given(st.integers(0, 1000))
def test_each_row_is_clipped_by_its_own_landscape(seed: int) -> None:
    y, k, _ = tensors(seed)
    clipped = DIFFUSION.clip(5 * y, k, 2.0)
    for row in range(len(y)):
        limit = 2.0 * float(DIFFUSION.alpha_bar[k[row]].sqrt())
        torch.testing.assert_close(clipped[row], (5 * y[row]).clamp(-limit, limit))


def test_all_landscapes_are_drawn() -> None:
    k = DIFFUSION.draw_landscapes(2000, torch.Generator().manual_seed(0))
    assert torch.bincount(k, minlength=10).min() > 120
