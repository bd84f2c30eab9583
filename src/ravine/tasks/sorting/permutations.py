"""Permutations, parted into test, validation and training ones by a label that a uniform draw can be moved to."""

from functools import lru_cache
from math import factorial
from typing import Literal

import torch
from jaxtyping import Int
from torch import Tensor

from ravine.seeding import Seeds

Part = Literal["train", "validation", "test"]
LEAST = 4
"""Of fewer values there are too few permutations to be parted."""


def draw(size: int, n: int, generator: torch.Generator, part: Part) -> Int[Tensor, "size n"]:
    """Return uniform permutations of 0..n-1 that belong to `part` and are not the identity.

    A permutation and those with c added to its values, modulo n, have n different labels: a uniform permutation,
    moved in this way to a label, is uniform among those of that label. Nothing is rejected, nothing is waited for.
    """
    device = generator.device
    drawn = torch.rand((size, n), generator=generator, device=device).argsort(1)
    if part == "train":
        wanted = torch.randint(2, n, (size,), generator=generator, device=device)
    else:
        wanted = torch.full((size,), 0 if part == "test" else 1, device=device)
    moved = (drawn + (wanted - label(drawn))[:, None]) % n
    # The identity has label n - 1; the permutation in its place has label n - 2, of training too.
    identity = (moved == torch.arange(n, device=device)).all(1)
    return (moved - identity[:, None].long()) % n


def number(n: int, part: Part) -> int:
    """Return how many permutations a part has: those of n - 2 labels but the identity, or those of one label."""
    of_label = factorial(n - 1)
    return (n - 2) * of_label - 1 if part == "train" else of_label


def label(permutations: Int[Tensor, "b n"]) -> Int[Tensor, " b"]:
    """Return each permutation's label, 0 for a test one, 1 for validation, others up to n - 1 for training.

    The first value plus a hash of the differences to it, modulo n; so chosen that the identity's is n - 1.
    """
    n = permutations.shape[1]
    differences = (permutations - permutations[:, :1]) % n
    hashed = weights(n, permutations.device).expand(len(permutations), n, n).gather(2, differences[..., None])
    return (permutations[:, 0] + hashed.sum((1, 2))) % n


@lru_cache
def weights(n: int, device: torch.device) -> Int[Tensor, "n n"]:
    """Return what each place adds to the hash for each difference; the identity's sum is n - 1 modulo n."""
    seeds = Seeds(0, ("sorting", "label", str(n)))
    drawn = torch.tensor([[seeds.child(str(i), str(d)).integer() % n for d in range(n)] for i in range(n)])
    drawn[0] -= drawn.diagonal().sum() + 1
    return drawn.to(device)
