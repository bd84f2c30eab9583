"""What follows from fathers, mothers, sons and daughters: relations composed, and what a person has."""

from collections.abc import Callable, Mapping
from typing import Literal

from jaxtyping import Bool
from torch import Tensor

from ravine.tasks.families.people import DAUGHTER, FATHER, MOTHER, SON

Relation = Literal[
    "parents", "uncle", "has-father", "has-daughter", "has-sister", "grandparents", "maternal-great-uncle"
]
Facts = Bool[Tensor, "b n n 4"]
Pairs = Bool[Tensor, "b n n"]
People = Bool[Tensor, "b n"]


def of(one: Pairs, other: Pairs) -> Pairs:
    """Return whether j is the `other` of the `one` of i: of any such person between."""
    return one.float() @ other.float() > 0.5


def parents(facts: Facts) -> Pairs:
    """Return whether j is i's father or mother."""
    return facts[..., FATHER] | facts[..., MOTHER]


def grandparents(facts: Facts) -> Pairs:
    """Return whether j is a parent of a parent of i's."""
    return of(parents(facts), parents(facts))


def uncle(facts: Facts) -> Pairs:
    """Return whether j is a son of a grandparent of i's: i's own father, too, where his parents are known."""
    return of(grandparents(facts), facts[..., SON])


def maternal_great_uncle(facts: Facts) -> Pairs:
    """Return whether j is a son of the mother of a grandmother of i's."""
    return of(of(of(parents(facts), facts[..., MOTHER]), facts[..., MOTHER]), facts[..., SON])


def has_father(facts: Facts) -> People:
    """Return whether i's father is known."""
    return facts[..., FATHER].any(2)


def has_daughter(facts: Facts) -> People:
    """Return whether i has a daughter."""
    return facts[..., DAUGHTER].any(2)


def has_sister(facts: Facts) -> People:
    """Return whether i's father has a daughter: she may be i."""
    return of(facts[..., FATHER], facts[..., DAUGHTER]).any(2)


DEFINITIONS: Mapping[Relation, Callable[[Facts], Pairs | People]] = {
    "parents": parents,
    "uncle": uncle,
    "has-father": has_father,
    "has-daughter": has_daughter,
    "has-sister": has_sister,
    "grandparents": grandparents,
    "maternal-great-uncle": maternal_great_uncle,
}
