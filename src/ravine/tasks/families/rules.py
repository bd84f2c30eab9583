"""What needs no energy: nobody, one given relation or two, near misses, and the exact definition."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Bool
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.baselines import Baseline, Predictor
from ravine.tasks.families.people import DAUGHTER, FATHER, SON
from ravine.tasks.families.relations import (
    DEFINITIONS,
    Facts,
    Pairs,
    Relation,
    grandparents,
    has_daughter,
    has_father,
    of,
    parents,
)
from ravine.tasks.signs import signs


@dataclass(frozen=True)
class Rule:
    """A relation said of everybody by a rule that needs no training families."""

    said: Callable[[Facts], Bool[Tensor, "b *answer"]]
    trivial: bool = True

    def fit(self, batches: Iterator[Batch]) -> Predictor:
        """Return the rule as a predictor; it needs no `batches`."""
        return lambda problems: signs(self.said(problems.x > 0), problems.y.dtype)


def nobody(facts: Facts) -> Pairs:
    """Return that nobody is related."""
    return torch.zeros_like(facts[..., 0])


def no_one(facts: Facts) -> Bool[Tensor, "b n"]:
    """Return that nobody has one."""
    return nobody(facts)[:, 0]


def father(facts: Facts) -> Pairs:
    """Return whether j is i's own father."""
    return facts[..., FATHER]


def grandparents_children(facts: Facts) -> Pairs:
    """Return whether j is a son or a daughter of a grandparent of i's."""
    return of(grandparents(facts), facts[..., SON] | facts[..., DAUGHTER])


PAIRS: Mapping[str, Rule] = {"nobody": Rule(nobody), "own father": Rule(father)}
PEOPLE: Mapping[str, Rule] = {"nobody": Rule(no_one), "everybody": Rule(lambda facts: ~no_one(facts))}
TRIVIAL: Mapping[Relation, Mapping[str, Rule]] = {
    "parents": {**PAIRS, "father or mother": Rule(parents)},
    "uncle": {**PAIRS, "father or mother": Rule(parents), "grandparents' children": Rule(grandparents_children)},
    "grandparents": {**PAIRS, "father or mother": Rule(parents)},
    "maternal-great-uncle": {**PAIRS, "grandparents' children": Rule(grandparents_children)},
    "has-father": {**PEOPLE, "father given": Rule(has_father)},
    "has-daughter": {**PEOPLE, "daughter given": Rule(has_daughter)},
    "has-sister": {**PEOPLE, "father given": Rule(has_father)},
}
"""By relation. What a glance at one or two given relations tells is trivial even where it is exact."""


def baselines(relation: Relation) -> Mapping[str, Baseline]:
    """Return the trivial rules for a relation, and its definition, which is exact."""
    return {**TRIVIAL[relation], "exact composition": Rule(DEFINITIONS[relation], trivial=False)}
