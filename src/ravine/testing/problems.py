"""A conformance kit for tasks: what holds of their fixed problems."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import torch

from ravine.batch import Batch
from ravine.seeding import Seeds
from ravine.tasks.base import Purpose, Task
from ravine.tasks.fixed import content_hash, fixed_split

SMALL, LARGE, DRAWS = 40, 60, 400
SEEDS = Seeds(0, ("testing", "fixed"))


def check_fixed(task: Task) -> None:
    """Fixed sets have the size asked for, in float64 on the CPU, and a larger one extends a smaller one."""
    for split, purpose in sets(task):
        small, large = joined(task, split, purpose, SMALL), joined(task, split, purpose, LARGE)
        name = f"fixed {purpose} set of {split}"
        assert (len(small), len(large)) == (SMALL, LARGE), f"{name}: not as many problems as were asked for"
        for values in (small.x, small.y):
            assert values.dtype == torch.float64, f"{name}: {values.dtype}, not float64"
            assert values.device.type == "cpu", f"{name}: not on the CPU"
        assert rows(large)[:SMALL] == rows(small), f"{name}: a larger set does not extend a smaller one"


def check_hash(task: Task) -> None:
    """The hash of a fixed set sees the problems, the answers and the given entries."""
    for split in task.splits:
        batch = joined(task, split, "test", SMALL)
        whole = fixed_split(task, split, SMALL).hash
        for name in ("x", "y", "given"):
            part = getattr(batch, name)
            if part is None or torch.equal(part.roll(1, 0), part):
                continue
            other = replace(batch, **{name: part.roll(1, 0)})
            assert hash_of(other) != whole, f"{split}: the hash does not see {name}; are its numbers below 1e-4?"


def check_disjoint(task: Task) -> None:
    """Test, validation and training problems have none in common."""
    first = task.splits[0]
    drawn = rows(task.sample(DRAWS, SEEDS.child(first).generator(), first, torch.float64))
    for split in task.splits:
        purposes = purposes_of(task, split)
        by_purpose = {purpose: set(rows(joined(task, split, purpose, LARGE))) for purpose in purposes}
        for one, other in combinations(purposes, 2):
            shared = len(by_purpose[one] & by_purpose[other])
            assert not shared, f"{split}: {shared} problems are both {one} and {other} problems"
        for purpose in ("test", "validation"):
            shared = len(by_purpose[purpose] & set(drawn))
            assert not shared, f"{split}: {shared} {purpose} problems are training problems"


def sets(task: Task) -> Iterator[tuple[str, Purpose]]:
    """Yield every split with each purpose that it has fixed problems for."""
    yield from ((split, purpose) for split in task.splits for purpose in purposes_of(task, split))


def purposes_of(task: Task, split: str) -> tuple[Purpose, ...]:
    """Return what a split has fixed problems for: baselines are fitted on the first one alone."""
    return ("test", "validation", "fit") if split == task.splits[0] else ("test", "validation")


def joined(task: Task, split: str, purpose: Purpose, size: int) -> Batch:
    """Return a fixed set in one batch."""
    parts = list(task.fixed(split, purpose, size))
    givens = [part.given for part in parts if part.given is not None]
    assert len(givens) in (0, len(parts)), f"fixed {purpose} set of {split}: only some blocks have given entries"
    given = torch.cat(givens) if givens else None
    return Batch(torch.cat([part.x for part in parts]), torch.cat([part.y for part in parts]), given)


def rows(batch: Batch) -> list[bytes]:
    """Return each problem's content, what is given of its answer included, in float32."""
    shown = batch.problems()
    return [x.tobytes() + y.tobytes() for x, y in zip(shown.x.float().numpy(), shown.y.float().numpy(), strict=True)]


def hash_of(batch: Batch) -> str:
    """Return the hash that a fixed set of this content has."""
    return content_hash(batch.x, batch.y, *([] if batch.given is None else [batch.given.double()]))
