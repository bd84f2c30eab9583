"""A conformance kit for energies."""

from collections.abc import Callable
from typing import Any

import torch

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.base import Energy
from ravine.testing import denoiser
from ravine.testing.agreement import assert_agree
from ravine.testing.points import SEEDS, SIZE, Bench, both, jittered, normal, problems
from ravine.testing.randomness import own_randomness
from ravine.testing.weights import (
    check_functional,
    check_initial_weights,
    check_parameter_gradients,
    check_stacked,
)

Make = Callable[[Shape, Diffusion, torch.Generator], Energy[Any]]


def check_energy(make: Make, shape: Shape, *, diffusion: Diffusion | None = None, stacked: bool = False) -> None:
    """Run every check of the kit on the energy that `make` builds for problems and answers of `shape`.

    `make` has the form of `EnergyConfig.build`. `stacked`: the energy claims that `torch.func.vmap` may run it with
    many sets of weights at once; its gradient must then be written in closed form. A network without an energy
    (`has_energy`) is asked for its noise alone.
    """
    schedule = diffusion or Diffusion.cosine(10)

    def made(generator: torch.Generator) -> Energy[Any]:
        with own_randomness():
            return make(shape, schedule, generator)

    energy = jittered(made(SEEDS.child("weights").generator()).double())
    x, other, y = problems("x", shape), problems("other", shape), normal("y", (SIZE, *shape.y))
    bench = Bench(made, energy, x, other, y, torch.arange(SIZE) % schedule.landscapes, schedule.landscapes)
    checks = CHECKS if energy.has_energy else denoiser.CHECKS
    for check in (*checks, *([check_stacked] if stacked else [])):
        with own_randomness():
            check(bench)


def check_form(bench: Bench) -> None:
    """An energy is one finite number per problem, the same however it is asked; asking changes nothing."""
    before = [value.clone() for value in (bench.x, bench.y, *bench.energy.state_dict().values())]
    direct, point = bench.energy(bench.x, bench.y, bench.k), both(bench)
    assert direct.shape == (SIZE,), f"energies have shape {tuple(direct.shape)}, not one value per problem"
    assert point.gradient.shape == bench.y.shape, "the gradient is not shaped as the point"
    assert direct.isfinite().all(), "an energy is not finite"
    for asked in (bench.energy.energy(bench.condition, bench.y), point.energy, bench.energy(bench.x, bench.y, bench.k)):
        assert_agree(asked, direct, "one point has two energies")
    after = (bench.x, bench.y, *bench.energy.state_dict().values())
    same = all(torch.equal(was, now) for was, now in zip(before, after, strict=True))
    assert same, "asking for energies changed problems, points or weights"


def check_gradient(bench: Bench) -> None:
    """The gradient in y is autograd's, and agrees with finite differences."""
    ours, oracle = both(bench), Energy.energy_and_gradient(bench.energy, bench.condition, bench.y)
    assert_agree(ours.gradient, oracle.gradient, "the gradient is not autograd's")
    direction, step = normal("direction", tuple(bench.y.shape)), 1e-6
    above, below = (bench.energy(bench.x, bench.y + sign * step * direction, bench.k) for sign in (1, -1))
    along = (ours.gradient * direction).flatten(1).sum(1)
    assert_agree((above - below) / (2 * step), along, "finite differences disagree", rtol=1e-5, atol=1e-6)


def check_nothing_is_recorded(bench: Bench) -> None:
    """Without gradients nothing is recorded, and a detached condition is cut off from the parameters."""
    with torch.no_grad():
        point = both(bench)
    assert point.energy.grad_fn is None, "without gradients the energy was recorded"
    assert point.gradient.grad_fn is None, "without gradients the gradient was recorded"
    cut = [name for name, value in vars(bench.condition.detach()).items() if value.requires_grad]
    assert not cut, f"the detached condition's {', '.join(cut)} still carries gradients"


def check_rows(bench: Bench) -> None:
    """Rows do not know of one another; `condition.rows` and `condition.repeat` are those of the problems."""
    whole, some = both(bench), slice(2, 4)
    part = bench.energy.energy_and_gradient(bench.condition.rows(some), bench.y[some])
    alone = bench.energy(bench.x[some], bench.y[some], bench.k[some])
    for energy in (part.energy, alone):
        assert_agree(energy, whole.energy[some], "energies depend on the batch")
    assert_agree(part.gradient, whole.gradient[some], "gradients depend on the batch")
    twice = bench.energy.energy(bench.condition.repeat(2), bench.y.repeat_interleave(2, 0))
    expected = whole.energy.repeat_interleave(2)
    assert_agree(twice, expected, "a repeated condition gives other energies")


def check_inputs_matter(bench: Bench) -> None:
    """The energy depends on the problem, the point and the landscape."""
    x, y, k = bench.x, bench.y, bench.k
    other = {"problem": (bench.other, y, k), "point": (x, y + 0.1, k), "landscape": (x, y, (k + 1) % bench.landscapes)}
    for name, inputs in other.items():
        moved = (bench.energy(*inputs) - bench.energy(x, y, k)).abs() > 1e-9
        assert moved.all(), f"another {name} has the same energy"


CHECKS: tuple[Callable[[Bench], None], ...] = (
    check_initial_weights,
    check_form,
    check_gradient,
    check_parameter_gradients,
    check_nothing_is_recorded,
    check_rows,
    check_inputs_matter,
    check_functional,
)
