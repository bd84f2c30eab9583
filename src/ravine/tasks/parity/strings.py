"""Strings of bits, parted into test, validation and training ones by a linear code."""

from functools import lru_cache
from typing import Literal

import torch
from jaxtyping import Int
from torch import Tensor

from ravine.seeding import Seeds

Part = Literal["train", "validation", "test"]
CHECKS = 3
"""Check bits: the 2^3 values that they take together part the strings; the first is test, the second validation."""
LEAST = 6
"""Of shorter strings there are too few to be parted."""


def draw(size: int, length: int, generator: torch.Generator, part: Part) -> Int[Tensor, "size length"]:
    """Return uniform strings of 0 and 1 that belong to `part`; the first three bits are what its check bits ask for."""
    device, parts = generator.device, 2**CHECKS
    drawn = torch.randint(0, 2, (size, length), generator=generator, device=device)
    if part == "train":
        wanted = torch.randint(2, parts, (size,), generator=generator, device=device)
    else:
        wanted = torch.full((size,), 0 if part == "test" else 1, device=device)
    flip = label(drawn) ^ wanted
    bits = (flip[:, None] >> torch.arange(CHECKS, device=device)) & 1
    return drawn ^ torch.nn.functional.pad(bits, (0, length - CHECKS))


def label(strings: Int[Tensor, "b length"]) -> Int[Tensor, " b"]:
    """Return the check bits of strings as a number: 0 for a test string, 1 for validation, 2 to 7 for training."""
    bits = (strings[:, None] * checks(strings.shape[1], strings.device)).sum(2) % 2
    return (bits << torch.arange(CHECKS, device=strings.device)).sum(1)


def parity(strings: Int[Tensor, "b length"]) -> Int[Tensor, " b"]:
    """Return 1 for strings with an odd number of ones, else 0."""
    return strings.sum(1) % 2


@lru_cache
def checks(length: int, device: torch.device) -> Int[Tensor, "checks length"]:
    """Return which bits each check bit adds up: one of the first three and about half of the others.

    None of them has the last bit, so that no sum of them is the parity: in every part half of the strings are odd.
    """
    seeds = Seeds(0, ("parity", "checks", str(length)))
    rows = [[seeds.child(str(row), str(bit)).integer() % 2 for bit in range(length)] for row in range(CHECKS)]
    made = torch.tensor(rows)
    made[:, :CHECKS] = torch.eye(CHECKS, dtype=made.dtype)
    made[:, -1] = 0
    return made.to(device)
