"""Fixed test sets: a named seed, an exact size, a hash of the content that results carry."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from ravine.batch import Batch
from ravine.seeding import Seeds
from ravine.tasks.base import Task

BLOCK = 1000
FIT_PROBLEMS = 100_000
Purpose = Literal["test", "validation", "fit"]


@dataclass(frozen=True)
class FixedSplit:
    """A split's fixed problems, and the hash of their content that says whether two results speak of the same ones."""

    name: str
    batch: Batch
    hash: str


def blocks(task: Task, split: str, purpose: Purpose, size: int) -> Iterator[Batch]:
    """Yield `size` problems on the CPU in float64, in blocks of a generator each: a larger set extends a smaller.

    The seed has nothing to do with any run's: tests stay the same while seeds vary.
    """
    seeds = Seeds(0, ("fixed", task.identity, split, purpose))
    for index, start in enumerate(range(0, size, BLOCK)):
        block = task.sample(BLOCK, seeds.child(str(index)).generator(), split, torch.float64)
        yield block.rows(slice(0, min(BLOCK, size - start)))


def fixed_split(task: Task, split: str, size: int, purpose: Purpose = "test") -> FixedSplit:
    """Return the first `size` problems of the split's fixed set, in float32 on the CPU."""
    parts = list(blocks(task, split, purpose, size))
    x = torch.cat([part.x for part in parts])
    y = torch.cat([part.y for part in parts])
    given = torch.cat([p.given for p in parts if p.given is not None]) if parts[0].given is not None else None
    return FixedSplit(split, Batch(x.float(), y.float(), given), content_hash(x, y))


def content_hash(*tensors: Tensor) -> str:
    """Return 16 hexadecimal digits of the SHA-256 of the tensors, rounded to 1e-4.

    Rounding makes the hash the same on machines whose linear algebra differs in the last bits.
    """
    digest = hashlib.sha256()
    for tensor in tensors:
        digest.update((tensor * 1e4).round().to(torch.int64).numpy().tobytes())
    return digest.hexdigest()[:16]
