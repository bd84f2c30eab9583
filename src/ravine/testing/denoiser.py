"""A conformance kit for networks that predict the noise and have no energy."""

from collections.abc import Callable

import torch

from ravine.errors import ConfigurationError
from ravine.testing.agreement import assert_agree
from ravine.testing.points import SIZE, Bench, said
from ravine.testing.weights import check_functional, check_initial_weights, check_parameter_gradients


def check_noise(bench: Bench) -> None:
    """The prediction is shaped as the point, finite, and the same when asked again; asking changes nothing."""
    before = [value.clone() for value in (bench.x, bench.y, *bench.energy.state_dict().values())]
    point, again = (bench.energy.noise_and_energy(bench.condition, bench.y) for _ in range(2))
    assert point.noise.shape == bench.y.shape, "the noise is not shaped as the point"
    assert point.noise.isfinite().all(), "the noise is not finite"
    assert_agree(again.noise, point.noise, "one point has two predictions")
    after = (bench.x, bench.y, *bench.energy.state_dict().values())
    same = all(torch.equal(was, now) for was, now in zip(before, after, strict=True))
    assert same, "asking for the noise changed problems, points or weights"


def check_no_energy(bench: Bench) -> None:
    """There is no energy, and asking for one is refused."""
    point = bench.energy.noise_and_energy(bench.condition, bench.y)
    assert point.energy is None, "has_energy is false, and an energy is predicted"
    for ask in (bench.energy.energy, bench.energy.energy_and_gradient):
        try:
            ask(bench.condition, bench.y)
        except ConfigurationError:
            continue
        raise AssertionError("has_energy is false, and an energy is given")


def check_nothing_is_recorded(bench: Bench) -> None:
    """Without gradients nothing is recorded, and a detached condition is cut off from the parameters."""
    with torch.no_grad():
        point = bench.energy.noise_and_energy(bench.condition, bench.y)
    assert point.noise.grad_fn is None, "without gradients the noise was recorded"
    cut = [name for name, value in vars(bench.condition.detach()).items() if value.requires_grad]
    assert not cut, f"the detached condition's {', '.join(cut)} still carries gradients"


def check_rows(bench: Bench) -> None:
    """Rows do not know of one another; `condition.rows` and `condition.repeat` are those of the problems."""
    whole, some = said(bench.energy, bench.x, bench.y, bench.k), slice(2, 4)
    part = bench.energy.noise_and_energy(bench.condition.rows(some), bench.y[some]).noise.flatten(1)
    alone = said(bench.energy, bench.x[some], bench.y[some], bench.k[some])
    for noise in (part, alone):
        assert_agree(noise, whole[some], "predictions depend on the batch")
    twice = bench.energy.noise_and_energy(bench.condition.repeat(2), bench.y.repeat_interleave(2, 0)).noise.flatten(1)
    assert_agree(twice, whole.repeat_interleave(2, 0), "a repeated condition gives other predictions")


def check_inputs_matter(bench: Bench) -> None:
    """The prediction depends on the problem, the point and the landscape."""
    x, y, k = bench.x, bench.y, bench.k
    other = {"problem": (bench.other, y, k), "point": (x, y + 0.1, k), "landscape": (x, y, (k + 1) % bench.landscapes)}
    for name, inputs in other.items():
        moved = (said(bench.energy, *inputs) - said(bench.energy, x, y, k)).abs().amax(1) > 1e-9
        assert moved.all(), f"another {name} has the same noise"
    assert len(moved) == SIZE, "there is not one prediction per problem"


CHECKS: tuple[Callable[[Bench], None], ...] = (
    check_initial_weights,
    check_noise,
    check_no_energy,
    check_parameter_gradients,
    check_nothing_is_recorded,
    check_rows,
    check_inputs_matter,
    check_functional,
)
