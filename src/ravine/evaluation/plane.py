"""A plane through an answer: the energy on it, and the way of the solver projected onto it."""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.diffusion import Diffusion
from ravine.energies.base import Energy
from ravine.seeding import Seeds

POINTS = 41
COARSE = 21
"""Points of the grid on which every landscape is computed, or as few as the finer grid has."""
REACH = 1.5
"""How far the grid goes: in units of the farthest late answer, or of a tenth of the right one."""
FLAT = 1e-6
"""A way whose second direction is shorter than this share of the first one lies on a line."""
ROWS = 512
"""Points of the grid whose energies are computed at once."""


@dataclass(frozen=True)
class Slice:
    """The energy of landscape `k` on a plane through the right answer of one problem.

    Coordinates (u, v) are root mean square distances per entry in answer space: u^2 + v^2 is a mean squared error.
    `axis`: those of the grid, the same both ways; `energy`: row by v, column by u; `path`: the solver's answers after
    each landscape, from where they stay on the grid; `levels`: the energies of every landscape, from 0 on, on a coarser
    grid of the same extent. The plane is spanned by the two directions in which the answers of the sharper half of the
    landscapes differ most from right: before, they are far away.
    """

    k: int
    axis: Float[Tensor, " points"]
    energy: Float[Tensor, "points points"]
    path: Float[Tensor, "stays 2"]
    levels: Float[Tensor, "landscapes coarse coarse"]


@torch.no_grad()
def energy_slice(
    energy: Energy[Any],
    problem: Batch,
    answers: Float[Tensor, "K *answer"],
    diffusion: Diffusion,
    seeds: Seeds,
    k: int = 0,
    points: int = POINTS,
) -> Slice:
    """Return the slice through one problem's right answer that shows the solver's `answers` best.

    Given entries are held all over it.
    """
    right = problem.y
    offsets = (answers - right).flatten(1)
    late = offsets[len(offsets) // 2 :]
    # An energy that overflows gives answers that are not finite: they span no plane, and lie outside it.
    late = late[late.isfinite().all(1)]
    plane = directions(late.double().cpu(), problem.unknown.flatten().double().cpu(), seeds).to(right)
    path, size = offsets @ plane.T, right[0].numel() ** 0.5
    farthest = float((late @ plane.T).abs().max()) if len(late) else 0.0
    reach = REACH * max(farthest, float(right.square().mean().sqrt()) * size / 10, FLAT)
    outside = (~(path.abs() <= reach)).any(1).nonzero()
    path = path[int(outside.max()) + 1 if len(outside) else 0 :]
    fine, coarse = (
        torch.linspace(-reach, reach, count, device=right.device) for count in (points, min(points, COARSE))
    )
    levels = [on_grid(energy, problem, plane, coarse, diffusion, level) for level in range(diffusion.landscapes)]
    here = on_grid(energy, problem, plane, fine, diffusion, k)
    return Slice(k, fine / size, here, path / size, torch.stack(levels))


def on_grid(
    energy: Energy[Any],
    problem: Batch,
    plane: Float[Tensor, "2 d"],
    axis: Float[Tensor, " points"],
    diffusion: Diffusion,
    k: int,
) -> Float[Tensor, "points points"]:
    """Return the energies of landscape `k` on a grid round one problem's right answer, row by v, column by u."""
    points, right = len(axis), problem.y
    u, v = axis.repeat(points), axis.repeat_interleave(points)
    grid = right + (torch.stack([u, v], 1) @ plane).reshape(-1, *right.shape[1:])
    level = torch.full((1,), k, device=right.device)
    condition = energy.condition(problem.x, level)
    values = [
        energy.energy(condition.repeat(len(part)), diffusion.scale(part, level.expand(len(part))))
        for part in torch.split(grid, ROWS)
    ]
    return torch.cat(values).reshape(points, points)


def directions(offsets: Float[Tensor, "K d"], free: Float[Tensor, " d"], seeds: Seeds) -> Float[Tensor, "2 d"]:
    """Return two orthonormal directions that hold most of the offsets; random ones for those that are missing.

    They move no entry that is not `free` (1, else 0). Where only one entry is, there is one direction, and the second
    is zero.
    """
    drawn = torch.randn((2, offsets.shape[1]), generator=seeds.generator(), dtype=offsets.dtype) * free
    _, lengths, rows = torch.linalg.svd(offsets, full_matrices=False)
    first = rows[0] if len(lengths) and lengths[0] > 0 else unit(drawn[0])
    if len(lengths) > 1 and lengths[1] > FLAT * lengths[0]:
        return torch.stack([first, rows[1]])
    return torch.stack([first, unit(drawn[1] - (drawn[1] @ first) * first)])


def unit(direction: Float[Tensor, " d"]) -> Float[Tensor, " d"]:
    """Return the direction at length 1; zero where it has none."""
    norm = direction.norm()
    return direction / norm if norm > FLAT else torch.zeros_like(direction)


def described(found: Slice) -> dict[str, Any]:
    """Return the slice as an entry of `landscapes.json`."""
    return {
        "k": found.k,
        "axis": found.axis.tolist(),
        "energy": found.energy.tolist(),
        "path": found.path.tolist(),
        "levels": [[[float(f"{value:.5g}") for value in row] for row in level] for level in found.levels.tolist()],
    }
