"""What the released plan network does, and does not: its steps do not see one another unless time is shifted."""

import pytest
import torch
from torch import Tensor

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.path import PATH_NAMES, Path, PathConfig, path_from_released
from ravine.errors import CheckpointError, ConfigurationError

SHAPE = Shape((6, 6, 4), (8, 6))
DIFFUSION = Diffusion.cosine(10)


def make(time_shift: bool = False) -> Path:
    config = PathConfig(hidden=16, embedding_width=8, time_shift=time_shift)
    return config.build(SHAPE, DIFFUSION, torch.Generator().manual_seed(0)).double()


def problems() -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    x, y = (torch.randn((3, *shape), generator=generator, dtype=torch.float64) for shape in (SHAPE.x, SHAPE.y))
    return x, y, torch.arange(3)


def swapped(y: Tensor, one: int, other: int) -> Tensor:
    order = list(range(8))
    order[one], order[other] = other, one
    return y[:, order]


def mixed_differences(path: Path) -> Tensor:
    """Return the second derivatives of the energy between entries of step 3 and of steps 2 and 4."""
    x, y, k = problems()
    y.requires_grad_()
    (gradient,) = torch.autograd.grad(path(x, y, k).sum(), y, create_graph=True)
    (second,) = torch.autograd.grad(gradient[:, 3].sum(), y)
    return second[:, [2, 4]]


def test_as_released_steps_do_not_see_one_another() -> None:
    path, (x, y, k) = make(), problems()
    torch.testing.assert_close(path(x, swapped(y, 2, 5), k), path(x, y, k))
    assert (mixed_differences(path) == 0).all()
    assert not torch.isclose(path(x, swapped(y, 0, 5), k), path(x, y, k)).any(), "the first is marked by its zero"


def test_with_time_shifted_they_do() -> None:
    path, (x, y, k) = make(time_shift=True), problems()
    assert not torch.isclose(path(x, swapped(y, 2, 5), k), path(x, y, k)).any()
    assert (mixed_differences(path) != 0).any()


@pytest.mark.parametrize("time_shift", [False, True])
def test_nodes_that_are_renamed_have_the_same_energy(time_shift: bool) -> None:
    path, (x, y, k) = make(time_shift), problems()
    order = torch.tensor([3, 1, 5, 0, 2, 4])
    torch.testing.assert_close(path(x[:, order][:, :, order], y[..., order], k), path(x, y, k))
    assert not torch.isclose(path(x, y[..., order], k), path(x, y, k)).any()


def test_a_layer_is_the_maximum_over_neighbours() -> None:
    """Against the layer's formula, pair by pair."""
    path, (x, y, k) = make(time_shift=True), problems()
    z = torch.cat([y[..., None], path.embedding.table()[k][:, None, None].expand(3, 8, 6, -1)], -1)
    for layer in (path.first, path.second):
        nothing = torch.zeros_like(z[:, :1])
        u = torch.cat([torch.cat([nothing, z[:, :-1]], 1), z, torch.cat([z[:, 1:], nothing], 1)], -1)
        z = torch.stack(
            [
                torch.stack(
                    [
                        torch.nn.functional.silu(
                            layer(
                                torch.cat(
                                    [
                                        u[:, :, i],
                                        u[:, :, j],
                                        *(x[:, a, b, None].expand(3, 8, 4) for a, b in ((i, j), (j, i))),
                                    ],
                                    -1,
                                )
                            )
                        )
                        for j in range(6)
                    ]
                ).amax(0)
                for i in range(6)
            ],
            2,
        )
    torch.testing.assert_close(path(x, y, k), path.leave(z).sum((1, 2, 3)))


def test_released_weights_are_found_under_a_prefix() -> None:
    path = PathConfig().build(SHAPE, DIFFUSION, torch.Generator().manual_seed(0))
    ours = path.state_dict()
    assert sum(parameter.numel() for parameter in path.parameters()) == 55_937
    released = {
        f"ema_model.model.{theirs}.{kind}": ours[f"{name}.{kind}"]
        for theirs, name in PATH_NAMES.items()
        for kind in ("weight", "bias")
    }
    x, y, k = (v.float() if v.is_floating_point() else v for v in problems())
    assert torch.equal(path_from_released(released)(x, y, k), path(x, y, k))
    del released["ema_model.model.block2.linear.weight"]
    with pytest.raises(CheckpointError, match=r"no released plan network: parameter 'block2.linear.weight' is missing"):
        path_from_released(released)


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="path needs graphs"):
        PathConfig().build(Shape((6, 6, 4), (6, 6, 2)), DIFFUSION, torch.Generator())
