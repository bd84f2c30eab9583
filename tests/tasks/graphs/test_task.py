"""Connectivity as a task: the released figures, splits, corruption that nothing gives away, rules beside it."""

from functools import cache

import pytest
import torch

from ravine.batch import Batch
from ravine.config import read_run
from ravine.errors import ConfigurationError, InputError
from ravine.tasks.fixed import fixed_split
from ravine.tasks.graphs.task import Connectivity, ConnectivityConfig

SPARSE, DENSER = (ConnectivityConfig(name=name).build() for name in ("connectivity", "connectivity-2"))
TABLE = {
    ("connectivity", "same"): (
        0.315,
        {"adjacency": (0.883, 0.815), "2 hops": (0.953, 0.926), "4 hops": (0.996, 0.994)},
    ),
    ("connectivity", "n18"): (0.210, {"adjacency": (0.922, 0.815), "2 hops": (0.969, 0.926), "4 hops": (0.997, 0.993)}),
    ("connectivity", "n20"): (0.447, {"adjacency": (0.706, 0.672), "4 hops": (0.900, 0.888), "6 hops": (0.959, 0.955)}),
    ("connectivity-2", "same"): (
        0.632,
        {"adjacency": (0.624, 0.703), "2 hops": (0.759, 0.810), "6 hops": (0.985, 0.988)},
    ),
    ("connectivity-2", "n15"): (
        0.812,
        {"adjacency": (0.439, 0.655), "2 hops": (0.608, 0.759), "6 hops": (0.972, 0.983)},
    ),
    ("connectivity-2", "n18"): (
        0.769,
        {"adjacency": (0.440, 0.636), "4 hops": (0.822, 0.884), "8 hops": (0.989, 0.993)},
    ),
}
"""Share of +1; accuracy and pooled balanced accuracy of rules: measured on 4,000 graphs of the released generator."""
WHOLE = {
    "same": {"all joined": 0.27, "2 hops": 0.05, "4 hops": 0.41, "6 hops": 0.77, "8 hops": 0.95},
    "harder": {"all joined": 0.50, "4 hops": 0.09, "6 hops": 0.41, "8 hops": 0.75},
}


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@cache
def problems(name: str, split: str) -> Batch:
    return fixed_split({"connectivity": SPARSE, "connectivity-2": DENSER}[name], split, 1000).batch


def predicted(rule: str, batch: Batch) -> torch.Tensor:
    return DENSER.baselines()[rule].fit(iter(()))(batch.problems())


@pytest.mark.parametrize(("name", "split"), TABLE)
def test_rules_reach_what_they_reach_on_released_graphs(name: str, split: str) -> None:
    batch, (ones, rules) = problems(name, split), TABLE[name, split]
    positive = batch.y > 0
    assert float(positive.double().mean()) == pytest.approx(ones, abs=0.02)
    for rule, (accuracy, balanced) in rules.items():
        right = predicted(rule, batch) == batch.y
        assert float(right.double().mean()) == pytest.approx(accuracy, abs=0.02), rule
        shares = [float(right[where].double().mean()) for where in (positive, ~positive)]
        assert sum(shares) / 2 == pytest.approx(balanced, abs=0.02), rule


@pytest.mark.parametrize("split", WHOLE)
def test_rules_get_so_many_whole_graphs(split: str) -> None:
    """Accuracy alone misleads: all ones everywhere get half of the larger graphs, and 6 hops are 95 % of entries."""
    batch = problems("connectivity-2", split)
    solved = {rule: float(DENSER.solved(batch, predicted(rule, batch)).double().mean()) for rule in DENSER.baselines()}
    for rule, share in WHOLE[split].items():
        assert solved[rule] == pytest.approx(share, abs=0.05), rule
    assert solved["transitive closure"] == 1
    assert {rule for rule, baseline in DENSER.baselines().items() if not baseline.trivial} == {"transitive closure"}


def test_a_constant_is_worth_one_half_by_balanced_accuracy_and_far_nodes_tell_hops_apart() -> None:
    batch = problems("connectivity-2", "harder")
    balanced, far = DENSER.metric("balanced"), DENSER.metric("far")

    def pooled(name: str, rule: str) -> float:
        metric, answer = {"balanced": balanced, "far": far}[name], predicted(rule, batch)
        weights = metric.weights(batch)
        assert weights is not None
        return float((metric.values(batch, answer) * weights).sum() / weights.sum())

    assert pooled("balanced", "all joined") == 0.5
    assert pooled("far", "2 hops") == 0
    assert 0.2 < pooled("far", "4 hops") < 0.5 < pooled("far", "6 hops") < 1


@pytest.mark.parametrize(
    ("split", "n", "most"),
    [("same", 12, 2), ("harder", 18, 3), ("n13", 13, 2), ("n20", 20, 4), ("n20-equal", 20, 2), ("n24-equal", 24, 2)],
)
def test_splits_say_their_size_and_keep_the_density_that_they_claim(split: str, n: int, most: int) -> None:
    assert DENSER.nodes_and_links(split) == (n, most)  # type: ignore[attr-defined]
    batch = DENSER.sample(50, generator(), split)
    assert batch.x.shape == (50, n, n, 1)
    degree = (batch.x > 0).sum((2, 3)).double().mean()
    assert 1 < degree < 2 * most
    assert (batch.y.diagonal(dim1=1, dim2=2) == 1).all()
    assert torch.equal(batch.y, batch.y.mT)


@pytest.mark.parametrize("task", [SPARSE, DENSER], ids=lambda task: task.name)
@pytest.mark.parametrize("rate", [0.0, 0.05, 0.5])
def test_corrupted_closures_are_symmetric_keep_the_diagonal_and_err_both_ways(task: Connectivity, rate: float) -> None:
    """The released corruption deletes alone, breaks symmetry and the diagonal, and leaves up to a tenth as it was."""
    batch = task.sample(400, generator())
    wrong = task.corrupt(batch, rate, generator(1))
    assert torch.equal(wrong, wrong.mT)
    assert (wrong.diagonal(dim1=1, dim2=2) == 1).all()
    assert set(wrong.flatten().tolist()) == {-1.0, 1.0}
    assert (wrong != batch.y).flatten(1).any(1).all()
    assert not task.solved(batch, wrong).any()
    added, deleted = (((wrong == sign) & (batch.y == -sign)).any() for sign in (1, -1))
    assert added
    assert deleted
    flips = (wrong != batch.y).flatten(1).sum(1).double().mean() / 2
    assert float(flips) == pytest.approx(max(66 * rate, 1), rel=0.1)


def test_answers_are_verified_without_the_right_one_and_0_is_read_as_joined() -> None:
    batch = DENSER.sample(30, generator())
    assert DENSER.solved(batch.problems(), 0.2 * batch.y + 0.1).all()
    assert DENSER.solved(batch.problems(), batch.y.clamp(max=0)).all()
    one_way = batch.y.clone()
    one_way[:, 2, 5] *= -1
    assert not DENSER.solved(batch.problems(), one_way).any()


def test_names_and_densities_make_test_sets_of_their_own() -> None:
    identities = [
        ConnectivityConfig.model_validate(fields).build().identity
        for fields in ({}, {"name": "connectivity-2"}, {"density": 0.3}, {"n": 15})
    ]
    assert identities == ["connectivity/12x12", "connectivity-2/12x12", "connectivity/12x12/0.3", "connectivity/15x15"]


def test_a_split_that_there_is_not_is_refused() -> None:
    with pytest.raises(InputError, match=r"no split 'n19'; it has same, harder, n13"):
        DENSER.sample(1, generator(), "n19")
    with pytest.raises(ConfigurationError, match=r"task\.density"):
        read_run("connectivity-2", ["task.density=1.5"])
    with pytest.raises(ConfigurationError, match=r"task\.n"):
        read_run("connectivity-2", ["task.n=4"])
