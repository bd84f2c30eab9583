"""Fixed test sets: a named seed, an exact size, a hash of the content that results carry."""

import hashlib
from dataclasses import dataclass

import torch
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.base import Purpose, Task

FIT_PROBLEMS = 100_000


@dataclass(frozen=True)
class FixedSplit:
    """A split's fixed problems, and the hash of their content that says whether two results speak of the same ones."""

    name: str
    batch: Batch
    hash: str


def fixed_split(task: Task, split: str, size: int, purpose: Purpose = "test") -> FixedSplit:
    """Return the first `size` problems of the split's fixed set, in float32 on the CPU."""
    parts = list(task.fixed(split, purpose, size))
    x = torch.cat([part.x for part in parts])
    y = torch.cat([part.y for part in parts])
    given = torch.cat([part.given for part in parts if part.given is not None]) if parts[0].given is not None else None
    content = (x, y) if given is None else (x, y, given.double())
    return FixedSplit(split, Batch(x.float(), y.float(), given), content_hash(*content))


def content_hash(*tensors: Tensor) -> str:
    """Return 16 hexadecimal digits of the SHA-256 of the tensors, rounded to 1e-4.

    Rounding makes the hash the same on machines whose linear algebra differs in the last bits.
    """
    digest = hashlib.sha256()
    for tensor in tensors:
        digest.update((tensor * 1e4).round().to(torch.int64).numpy().tobytes())
    return digest.hexdigest()[:16]
