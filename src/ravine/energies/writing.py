"""What choices do: beliefs which value is at which place, and a learned table of what each place holds next."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ravine.energies.initial import normal

CERTAIN = 12.0
"""Log-odds by which the first state is believed to be the problem's."""
GAIN = 8.0
"""Multiplies what is written, so that weights of about 1 say that a thing is sure."""


def table(choices: int, generator: torch.Generator) -> nn.Parameter:
    """Return a random table: roles of a place (any, chosen first, second) by sources of its value (own, the chosen)."""
    return normal((1 + choices, 1 + choices), 0.3, generator)


def beginning(places: Int[Tensor, "b n"], dtype: torch.dtype) -> Float[Tensor, "b n n"]:
    """Return log-odds which value is at which place, (b, places, values), if value v is at `places` v."""
    every = torch.arange(places.shape[1], device=places.device)[:, None]
    return CERTAIN * (places[:, None] == every).to(dtype)


def written(
    writes: Float[Tensor, "roles roles"], at: Float[Tensor, "b n n"], chosen: Float[Tensor, "b c n"]
) -> Float[Tensor, "b n n"]:
    """Return the log-odds which value is where after a step: values `at` places before it, places `chosen` in it."""
    places = chosen.mT
    roles = torch.cat([torch.ones_like(places[..., :1]), places], 2) @ (GAIN * writes)
    return roles[..., :1] * at + roles[..., 1:] @ (chosen @ at)


def handed_on(belief: Float[Tensor, "b *shape"], apart: bool) -> Float[Tensor, "b *shape"]:
    """Return a belief as the next step gets it: cut off from what made it where steps learn `apart`."""
    return belief.detach() if apart else belief
