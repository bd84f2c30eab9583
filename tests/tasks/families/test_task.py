"""Family relations as tasks: the released figures, splits, rules beside them."""

from typing import get_args

import pytest
import torch

from ravine.config import read_run
from ravine.errors import ConfigurationError, InputError
from ravine.tasks.families.relations import Relation
from ravine.tasks.families.task import Families
from ravine.tasks.fixed import fixed_split

TABLE = {
    "parents": (0.078, 0.02, {"nobody": (0.922, 0.5), "own father": (0.961, 0.75), "father or mother": (1.0, 1.0)}),
    "uncle": (
        0.0185,
        0.35,
        {"nobody": (0.981, 0.5), "own father": (0.955, 0.66), "grandparents' children": (0.982, 0.99)},
    ),
}
"""Share of +1, families without any, and accuracy and pooled balanced accuracy of rules, of the released generator."""


@pytest.mark.parametrize("relation", TABLE)
def test_rules_reach_what_they_reach_on_released_families(relation: Relation) -> None:
    """Accuracy alone misleads: that nobody is an uncle is 98 % right."""
    task = Families(relation)
    batch = fixed_split(task, "same", 1000).batch
    ones, without, rules = TABLE[relation]
    positive = batch.y > 0
    assert float(positive.double().mean()) == pytest.approx(ones, abs=0.004)
    assert float((~positive.flatten(1).any(1)).double().mean()) == pytest.approx(without, abs=0.05)
    for rule, (accuracy, balanced) in rules.items():
        right = task.baselines()[rule].fit(iter(()))(batch.problems()) == batch.y
        assert float(right.double().mean()) == pytest.approx(accuracy, abs=0.005), rule
        shares = [float(right[where].double().mean()) for where in (positive, ~positive)]
        assert sum(shares) / 2 == pytest.approx(balanced, abs=0.02), rule


@pytest.mark.parametrize("relation", get_args(Relation))
def test_the_exact_rule_is_exact_and_a_constant_is_worth_one_half(relation: Relation) -> None:
    task = Families(relation)
    batch = fixed_split(task, "harder", 100).batch
    baselines = task.baselines()
    assert {name for name, rule in baselines.items() if not rule.trivial} == {"exact composition"}
    assert task.solved(batch.problems(), baselines["exact composition"].fit(iter(()))(batch.problems())).all()
    balanced = task.metric("balanced").values(batch, baselines["nobody"].fit(iter(()))(batch.problems()))
    weights = task.metric("balanced").weights(batch)
    assert weights is not None
    assert (balanced[weights > 0] == 0.5).all()


def test_answers_are_of_pairs_or_of_people_and_splits_of_their_sizes() -> None:
    assert Families("uncle").y_shape == (12, 12)
    assert Families("has-sister", 9).y_shape == (9,)
    assert Families("uncle").sample(3, torch.Generator(), "harder").x.shape == (3, 20, 20, 4)
    assert Families("has-sister", 9).sample(3, torch.Generator(), "harder").y.shape == (3, 15)
    assert len({Families(relation).identity for relation in get_args(Relation)}) == 7


def test_what_is_no_split_or_size_is_refused() -> None:
    with pytest.raises(InputError, match="task 'uncle' has no split 'n15'; it has same, harder"):
        Families("uncle").sample(1, torch.Generator(), "n15")
    with pytest.raises(ConfigurationError, match=r"task\.n"):
        read_run("uncle", ["task.n=4"])
