"""The transformer for boards, beside the contract that `test_contract.py` checks on it too."""

import pytest
import torch
from torch import nn

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.transformer import SCALE, Block, Transformer, TransformerConfig
from ravine.errors import ConfigurationError

DIFFUSION = Diffusion.cosine(6)
SHAPE = Shape((3, 3, 4), (3, 3, 5))


def made(**sizes: int) -> Transformer:
    config = TransformerConfig.model_validate({"width": 12, "heads": 3, **sizes})
    return config.build(SHAPE, DIFFUSION, torch.Generator().manual_seed(0))


def test_attention_is_pytorchs_own() -> None:
    block = Block(12, 3, torch.Generator().manual_seed(1))
    h = torch.randn(2, 9, 12, generator=torch.Generator().manual_seed(2))
    inner = nn.functional.layer_norm(h, (12,))
    q, k, v = (part.reshape(2, 9, 3, 4).transpose(1, 2) for part in block.queries_keys_values(inner).chunk(3, dim=-1))
    attended = nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(2, 9, 12)
    after = h + block.attended(attended)
    deeper = after + block.narrow(nn.functional.gelu(block.widen(nn.functional.layer_norm(after, (12,)))))
    torch.testing.assert_close(block(h), deeper)


def test_as_it_begins_the_energy_is_nearly_the_answers_own_square() -> None:
    energy, generator = made(), torch.Generator().manual_seed(3)
    x, y = torch.randn(4, 3, 3, 4, generator=generator), torch.randn(4, 3, 3, 5, generator=generator)
    assert ((energy(x, y, torch.arange(4)) / y.square().sum((1, 2, 3))) - 1).abs().max() < 0.2
    weights = torch.cat([p.flatten() for name, p in energy.blocks.named_parameters() if name.endswith("values.weight")])
    assert weights.std().item() == pytest.approx(SCALE, rel=0.1)


def test_every_cell_hears_every_other() -> None:
    energy, generator = made().double(), torch.Generator().manual_seed(4)
    for parameter in energy.parameters():
        parameter.data += 0.3 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    x, y = (torch.randn(1, 3, 3, c, generator=generator, dtype=torch.float64) for c in (4, 5))

    def gradient(x: torch.Tensor) -> torch.Tensor:
        return energy.energy_and_gradient(energy.condition(x, torch.tensor([2])), y).gradient

    moved = x.clone()
    moved[0, 2, 2] += 1
    assert ((gradient(moved) - gradient(x)).abs().amax(-1) > 1e-9).all()


def test_sizes_and_shapes_that_make_no_transformer() -> None:
    with pytest.raises(ValueError, match="no multiple of heads"):
        TransformerConfig(width=10, heads=3)
    with pytest.raises(ConfigurationError, match="transformer needs problems and answers on one grid"):
        TransformerConfig().build(Shape((1, 4, 4), (4, 4)), DIFFUSION, torch.Generator())
