"""Relations, held against loops over people."""

from typing import get_args

import pytest
import torch

from ravine.tasks.families.people import families
from ravine.tasks.families.relations import DEFINITIONS, Relation

PATHS: dict[str, list[tuple[str, ...]]] = {
    "parents": [("father",), ("mother",)],
    "grandparents": [(one, other) for one in ("father", "mother") for other in ("father", "mother")],
    "uncle": [(one, other, "son") for one in ("father", "mother") for other in ("father", "mother")],
    "maternal-great-uncle": [(one, "mother", "mother", "son") for one in ("father", "mother")],
    "has-father": [("father",)],
    "has-daughter": [("daughter",)],
    "has-sister": [("father", "daughter")],
}
"""The chains of given relations that lead from a person to those related."""
GIVEN = ("father", "mother", "son", "daughter")


@pytest.mark.parametrize("relation", get_args(Relation))
@pytest.mark.parametrize("n", [8, 16])
def test_a_relation_is_its_chains(relation: Relation, n: int) -> None:
    facts = families(60, n, torch.Generator().manual_seed(3))
    said = DEFINITIONS[relation](facts)
    for family, answer in zip(facts.tolist(), said.tolist(), strict=True):
        for person in range(n):
            reached: set[int] = set()
            for chain in PATHS[relation]:
                ends = {person}
                for step in chain:
                    ends = {other for one in ends for other in range(n) if family[one][other][GIVEN.index(step)]}
                reached |= ends
            if relation.startswith("has-"):
                assert answer[person] == bool(reached)
            else:
                assert {other for other in range(n) if answer[person][other]} == reached


def test_an_uncle_may_be_ones_own_father_and_a_sister_oneself() -> None:
    """As in the released code: 35 % of uncles are fathers, and a daughter of a known father has a sister."""
    facts = families(2000, 12, torch.Generator().manual_seed(0))
    uncle, has_sister = DEFINITIONS["uncle"](facts), DEFINITIONS["has-sister"](facts)
    father, daughter = facts[..., 0], facts[..., 3]
    assert float((uncle & father).sum() / uncle.sum()) == pytest.approx(0.35, abs=0.02)
    assert has_sister[daughter.any(1) & father.any(2)].all()
