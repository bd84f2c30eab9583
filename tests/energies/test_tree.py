"""The tree energy: what it is exactly, any length, and that it learns parity from whole strings."""

import pytest
import torch

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.tree import Tree, TreeConfig, leaves, unit
from ravine.errors import ConfigurationError
from ravine.tasks.parity.strings import draw
from ravine.tasks.parity.task import batch_of

DIFFUSION = Diffusion.log_snr(8, 0.4)


def tree(length: int = 6, signs: int = 1) -> Tree:
    return TreeConfig().build(Shape((length,), (signs,)), DIFFUSION, torch.Generator().manual_seed(0))


def set_to_parity(energy: Tree) -> None:
    """Set the weights by hand: entries as they are, products of both sides, the negated sign of an even number."""
    with torch.no_grad():
        for name, value in energy.named_parameters():
            value.zero_() if "bias" in name else value.fill_(1.0)
        energy.sides.copy_(torch.eye(energy.sides.shape[1]).expand_as(energy.sides))
        energy.read.fill_(2.0)


def test_strings_are_filled_to_a_power_of_two() -> None:
    assert [leaves(length) for length in (1, 2, 3, 4, 5, 20, 32, 33)] == [2, 2, 4, 4, 8, 32, 32, 64]


@pytest.mark.parametrize("length", [1, 2, 5, 8, 13])
def test_a_product_over_any_length_can_be_said_exactly(length: int) -> None:
    energy, k = tree(length), torch.zeros(64, dtype=torch.int64)
    set_to_parity(energy)
    x = torch.randn(64, length, generator=torch.Generator().manual_seed(1)).sign()
    logits = energy.condition(x, k).logits[:, 0]
    filled = (-1) ** (leaves(length) - length)
    torch.testing.assert_close(logits.sign(), filled * x.prod(1))


def test_it_is_the_energy_of_signs_with_the_probability_that_the_string_gives() -> None:
    energy, generator = tree(signs=3).double(), torch.Generator().manual_seed(1)
    x, y = (torch.randn(5, size, generator=generator, dtype=torch.float64) for size in (6, 3))
    k = torch.tensor([0, 2, 4, 6, 7])
    condition = energy.condition(x, k)
    s, sigma = (table.double()[k][:, None] for table in (DIFFUSION.signal, DIFFUSION.sigma))
    q = torch.sigmoid(condition.logits)
    plus, minus = (torch.exp(-(y - sign * s).square() / (2 * sigma.square())) for sign in (1, -1))
    constant = s.square() / (2 * sigma)  # |s v|^2 / (2 sigma), which the closed form leaves out
    exact = (-sigma * torch.log(q * plus + (1 - q) * minus) - constant).sum(1)
    torch.testing.assert_close(energy.energy(condition, y), exact, rtol=1e-5, atol=1e-6)


def test_the_step_is_the_same_at_every_place_and_level() -> None:
    """The root of four entries is the step of the steps of two, written out."""
    energy = tree(4)
    x = torch.randn(3, 4, generator=torch.Generator().manual_seed(2))
    h = [unit(x[:, [i]] * energy.entry + energy.entry_bias) for i in range(4)]

    def step(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        (a, b), (c, d) = energy.sides, energy.side_biases
        return unit((left @ a + c) * (right @ b + d))

    root = step(step(h[0], h[1]), step(h[2], h[3]))
    torch.testing.assert_close(energy.condition(x, torch.zeros(3, dtype=torch.int64)).logits, root @ energy.read)


def test_it_learns_parity_and_more_bits_than_it_was_trained_on() -> None:
    """Sixty steps on strings of 12 bits, and strings of 33 and 40 are right."""
    energy, generator = tree(12), torch.Generator().manual_seed(3)
    optimizer = torch.optim.Adam(energy.parameters(), 1e-2)
    for _ in range(60):
        batch = batch_of(draw(64, 12, generator, "train"), torch.float32)
        k = DIFFUSION.draw_landscapes(64, generator)
        y_k = DIFFUSION.noise(batch.y, k, torch.randn(batch.y.shape, generator=generator))
        optimizer.zero_grad()
        loss = energy.energy_and_surprise(energy.condition(batch.x, k), y_k, batch.y)[1].mean()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    for length in (33, 40):
        longer = batch_of(draw(300, length, generator, "test"), torch.float32)
        logits = energy.condition(longer.x, torch.zeros(300, dtype=torch.int64)).logits
        assert ((logits > 0) == (longer.y > 0)).float().mean() > 0.95


def test_it_refuses_what_is_no_string() -> None:
    with pytest.raises(ConfigurationError, match=r"energy.name: tree needs a string"):
        TreeConfig().build(Shape((4, 1), (1,)), DIFFUSION, torch.Generator())
