"""Swaps of two places of an array: what a plan of them does, and the plan of selection sort."""

import torch
from jaxtyping import Int
from torch import Tensor


def swapped(values: Int[Tensor, "b n"], pair: Int[Tensor, "b 2"]) -> Int[Tensor, "b n"]:
    """Return the arrays with the values at two places exchanged; a place with itself changes nothing."""
    return values.scatter(1, pair, values.gather(1, pair.flip(1)))


def replay(values: Int[Tensor, "b n"], swaps: Int[Tensor, "b steps 2"]) -> Int[Tensor, "b steps_and_end n"]:
    """Return the arrays before every swap and after the last."""
    states = [values]
    for pair in swaps.unbind(1):
        states.append(swapped(states[-1], pair))
    return torch.stack(states, 1)


def selection(values: Int[Tensor, "b n"], steps: int) -> Int[Tensor, "b steps 2"]:
    """Return the swaps that put value i at place i, for i = 0, 1, ... unless it is there: (i, where it is).

    Permutations of 0..n-1; the plan is padded by (0, 0) to `steps`, n - 1 at least.
    """
    count, n = values.shape
    current, swaps = values, []
    for place in range(n - 1):
        source = (current == place).to(torch.int64).argmax(1)
        swaps.append(torch.stack([torch.full_like(source, place), source], 1))
        current = swapped(current, swaps[-1])
    plan = torch.stack(swaps, 1)
    idle = plan[..., 0] == plan[..., 1]
    order = idle.to(torch.int64).argsort(dim=1, stable=True)
    plan = plan.masked_fill(idle[..., None], 0).gather(1, order[..., None].expand_as(plan))
    return torch.cat([plan, plan.new_zeros(count, steps - (n - 1), 2)], 1)
