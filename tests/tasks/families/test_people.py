"""Families, held against a loop that grows them person by person, and against what must hold of any family."""

import pytest
import torch

from ravine.tasks.families.people import DAUGHTER, FATHER, MARRIAGE, MOTHER, SON, Draws, families, related

SIZE = 60


def grown(draws: Draws, row: int, n: int) -> set[tuple[int, int, int]]:
    """Return who is whose what, (i, j, relation), in a family grown by a loop from the same random numbers."""
    woman = (draws.sex[row] < 0.5).tolist()
    parents: list[tuple[int, int] | None] = []
    wife: dict[int, int] = {}
    single: list[int] = []

    def likeliest(chance: torch.Tensor, among: list[int]) -> int:
        return max(among, key=lambda one: float(chance[one]))

    def kin(man: int, lady: int) -> bool:
        def siblings(one: int, other: int) -> bool:
            return parents[one] is not None and parents[one] == parents[other]

        his, hers = (list(parents[one] or ()) for one in (man, lady))
        pairs = [(one, other) for one in [man, *his] for other in [lady, *hers]]
        return lady in his or man in hers or any(siblings(one, other) for one, other in pairs)

    for born in range(n):
        father = likeliest(draws.parents[row, born], [*wife, n])
        parents.append(None if father == n else (father, wife[father]))
        single.append(born)
        men, women = ([one for one in single if woman[one] == sex] for sex in (False, True))
        if men and women and float(draws.marriage[row, born]) < MARRIAGE:
            groom, bride = likeliest(draws.man[row, born], men), likeliest(draws.woman[row, born], women)
            if not kin(groom, bride):
                wife[groom] = bride
                single = [one for one in single if one not in (groom, bride)]
    number = {person: place for place, person in enumerate(draws.order[row].argsort().tolist())}
    found = set()
    for child, pair in enumerate(parents):
        for parent, relation in zip(pair or (), (FATHER, MOTHER), strict=False):
            found.add((number[child], number[parent], relation))
            found.add((number[parent], number[child], DAUGHTER if woman[child] else SON))
    return found


@pytest.mark.parametrize("n", [3, 12, 20])
def test_families_grow_as_in_a_loop(n: int) -> None:
    facts = families(SIZE, n, torch.Generator().manual_seed(n), torch.float64)
    draws = Draws.of(SIZE, n, torch.Generator().manual_seed(n), torch.float64)
    for row in range(SIZE):
        assert {tuple(entry) for entry in facts[row].nonzero().tolist()} == grown(draws, row, n)


def test_parents_are_a_couple_and_children_are_theirs() -> None:
    facts = families(500, 12, torch.Generator().manual_seed(0))
    father, mother, son, daughter = facts.unbind(3)
    assert (father.sum(2) <= 1).all()
    assert torch.equal(father.any(2), mother.any(2))
    assert torch.equal((son | daughter).mT, father | mother)
    assert not (son & daughter).any()
    assert not (father.any(1) & mother.any(1)).any()  # nobody is both a father and a mother
    assert not (son.any(1) & daughter.any(1)).any()
    married = father.float().mT @ mother.float() > 0
    assert (married.sum(2) <= 1).all()
    assert (married.sum(1) <= 1).all()


def test_kin_do_not_marry() -> None:
    """0, 1 have 2 (man), 3 (woman); 2 and 4 have 5 (woman), 3 and 6 have 7 (man); 8, 9 of unknown parents."""
    parents = torch.tensor(
        [[[10, 10], [10, 10], [0, 1], [0, 1], [10, 10], [2, 4], [10, 10], [6, 3], [10, 10], [10, 10]]]
    )
    told = {
        (2, 3): True,  # brother and sister
        (0, 3): True,  # father and daughter
        (7, 3): True,  # son and mother
        (2, 5): True,  # father and daughter
        (7, 5): True,  # cousins
        (2, 1): True,
        (8, 9): False,  # unknown parents relate nobody
        (8, 5): False,
        (0, 4): False,
        (6, 5): False,  # an uncle by marriage
    }
    for (man, lady), expected in told.items():
        said = related(parents, torch.tensor([man]), torch.tensor([lady]))
        assert bool(said) == expected, (man, lady)
    uncle = torch.tensor([[[6, 6], [6, 6], [0, 1], [0, 1], [6, 6], [4, 3]]])
    assert bool(related(uncle, torch.tensor([2]), torch.tensor([5])))  # uncle and niece
