import torch

from ravine.tasks.fixed import content_hash, fixed_split
from ravine.tasks.matrices.inverse import Inverse

TASK = Inverse(3)


def test_a_fixed_set_is_fixed() -> None:
    # Results made with an earlier version are comparable only while this hash stays.
    assert fixed_split(TASK, "same", 100).hash == "7174d4ee9cb39e05"


def test_a_larger_set_extends_a_smaller_one_across_blocks() -> None:
    small, large = fixed_split(TASK, "same", 990), fixed_split(TASK, "same", 1010)
    assert torch.equal(large.batch.x[:990], small.batch.x)
    assert len(large.batch) == 1010
    assert small.hash != large.hash


def test_splits_and_purposes_share_no_problem() -> None:
    sets = [fixed_split(TASK, split, 50, purpose) for split in TASK.splits for purpose in ("test", "validation", "fit")]
    assert len({entry.hash for entry in sets}) == len(sets)


def test_the_hash_sees_content_and_not_rounding() -> None:
    x = torch.rand(20, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert content_hash(x) == content_hash(x + 1e-14)
    assert content_hash(x) != content_hash(x + 1e-3)
