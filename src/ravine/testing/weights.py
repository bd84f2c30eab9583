"""A conformance kit for energies: what holds of their weights."""

import copy
from typing import Any

import torch
from torch import Tensor, nn

from ravine.energies.base import Energy
from ravine.testing.agreement import assert_agree
from ravine.testing.points import SEEDS, Bench, jittered, normal, said


def check_initial_weights(bench: Bench) -> None:
    """Initial weights come from the generator alone, and with the weights of another energy it is that other one."""
    first, again, other = (bench.make(SEEDS.child(seed).generator()) for seed in ("a", "a", "b"))
    assert alike(first, again), "one generator gave two sets of initial weights"
    assert not alike(first, other), "generators of different seeds gave the same initial weights"
    other.load_state_dict(first.state_dict())
    points = bench.x.float(), bench.y.float(), bench.k
    assert_agree(said(other, *points), said(first, *points), "the state dict says not all")


def check_parameter_gradients(bench: Bench) -> None:
    """Through the denoising loss, and the energy if there is one, every parameter has autograd's gradient."""
    eps = normal("eps", tuple(bench.y.shape))

    def gradients(noise: Tensor, energy: Tensor | None) -> dict[str, Tensor | None]:
        named = dict(bench.energy.named_parameters())
        loss = (noise - eps).square().mean() + (0 if energy is None else energy.mean())
        return dict(zip(named, torch.autograd.grad(loss, list(named.values()), allow_unused=True), strict=True))

    point = bench.energy.noise_and_energy(bench.condition, bench.y)
    ours = gradients(point.noise, point.energy)
    for name, gradient in ours.items():
        assert gradient is not None, f"{name} has no gradient: nothing trains it"
    if not bench.energy.has_energy:
        return
    own = Energy.energy_and_gradient(bench.energy, bench.condition, bench.y)
    oracle = gradients(own.gradient, own.energy)
    for name, gradient in ours.items():
        expected = oracle[name]
        assert gradient is not None
        assert expected is not None, f"{name}: autograd finds no gradient"
        assert_agree(gradient, expected, f"{name}: not autograd's")


class Trained(nn.Module):
    """A loss of the energy's, as training asks for it."""

    def __init__(self, energy: Energy[Any]) -> None:
        super().__init__()
        self.energy = energy

    def forward(self, x: Tensor, y: Tensor, k: Tensor) -> Tensor:
        """Return the mean square of the noise and the mean energy, if there is one, summed."""
        point = self.energy.noise_and_energy(self.energy.condition(x, k), y)
        loss = point.noise.square().mean()
        return loss if point.energy is None else loss + point.energy.mean()


def check_functional(bench: Bench) -> None:
    """With other weights handed in by `torch.func.functional_call` it is the energy of those weights."""
    other = jittered(bench.make(SEEDS.child("other").generator()).double())
    inputs = bench.x, bench.y, bench.k
    called = torch.func.functional_call(Trained(bench.energy), Trained(other).state_dict(), inputs)
    assert_agree(called, Trained(other)(*inputs), "functional_call with other weights gives not their loss")


def check_stacked(bench: Bench) -> None:
    """`torch.func.vmap` over several sets of weights gives the loss and the gradients of each."""
    models = [Trained(bench.energy), Trained(jittered(bench.make(SEEDS.child("other").generator()).double()))]
    parameters, buffers = torch.func.stack_module_state(models)
    base = copy.deepcopy(models[0]).to("meta")
    inputs = bench.x, bench.y, bench.k

    def loss(own: dict[str, Tensor], fixed: dict[str, Tensor]) -> Tensor:
        called: Tensor = torch.func.functional_call(base, (own, fixed), inputs)
        return called

    stacked = torch.func.vmap(torch.func.grad_and_value(loss))(parameters, buffers)
    for index, model in enumerate(models):
        alone = model(*inputs)
        assert_agree(stacked[1][index], alone, "under vmap the loss is another")
        slopes = torch.autograd.grad(alone, list(model.parameters()))
        for name, slope in zip(dict(model.named_parameters()), slopes, strict=True):
            assert_agree(stacked[0][name][index], slope, f"vmap, {name}")


def alike(first: nn.Module, second: nn.Module) -> bool:
    """Return whether two modules have the same parameters."""
    pairs = zip(first.parameters(), second.parameters(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)
