"""Random families, grown person by person: who has which father and mother."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

MARRIAGE = 0.8
"""The chance that, after a birth, a single man and a single woman are brought together."""
FATHER, MOTHER, SON, DAUGHTER = range(4)


@dataclass(frozen=True)
class Draws:
    """The random numbers of a family, uniform in [0, 1): one of each for every person, in the order of birth.

    `parents`: by person and unknown, that last, (b, n, n + 1); `man`, `woman`: by person, (b, n, n).
    """

    sex: Float[Tensor, "b n"]
    parents: Float[Tensor, "b n more"]
    marriage: Float[Tensor, "b n"]
    man: Float[Tensor, "b n n"]
    woman: Float[Tensor, "b n n"]
    order: Float[Tensor, "b n"]

    @classmethod
    def of(cls, size: int, n: int, generator: torch.Generator, dtype: torch.dtype) -> "Draws":
        """Return the numbers of `size` families of `n` people."""
        shapes = [(n,), (n, n + 1), (n,), (n, n), (n, n), (n,)]
        device = generator.device
        return cls(*(torch.rand((size, *shape), generator=generator, device=device, dtype=dtype) for shape in shapes))


def families(
    size: int, n: int, generator: torch.Generator, dtype: torch.dtype = torch.float32
) -> Bool[Tensor, "b n n 4"]:
    """Return `size` families of `n` people: at [i, j] whether j is i's father, mother, son, daughter.

    Each is born to one of the couples so far or to unknown parents, all alike, as a man or a woman; then with
    probability `MARRIAGE` a random single man and woman marry unless they are `related`. Numbers say nothing of the
    order of birth. Source: the released data code.
    """
    draws = Draws.of(size, n, generator, dtype)
    woman = draws.sex < 0.5
    people = torch.arange(n, device=woman.device)
    nobody = torch.full((size, n), n, device=woman.device)
    parents = torch.stack([nobody, nobody], 2)
    wife, single = nobody, torch.zeros_like(woman)
    for born in range(n):
        father = chosen(draws.parents[:, born], torch.cat([wife < n, torch.ones_like(woman[:, :1])], 1))
        mother = torch.cat([wife, nobody[:, :1]], 1).gather(1, father[:, None])[:, 0]
        here = people == born
        parents = torch.where(here[:, None], torch.stack([father, mother], 1)[:, None], parents)
        single = single | here
        he, she = chosen(draws.man[:, born], single & ~woman), chosen(draws.woman[:, born], single & woman)
        both = (single & ~woman).any(1) & (single & woman).any(1)
        marry = both & (draws.marriage[:, born] < MARRIAGE) & ~related(parents, he, she)
        groom, bride = ((people == one[:, None]) & marry[:, None] for one in (he, she))
        wife = torch.where(groom, she[:, None], wife)
        single = single & ~groom & ~bride
    return renamed(relations(parents, woman), draws.order.argsort(1))


def chosen(chance: Float[Tensor, "b some"], among: Bool[Tensor, "b some"]) -> Int[Tensor, " b"]:
    """Return a random one `among` each row's, all alike."""
    return chance.masked_fill(~among, -1).argmax(1)


def related(parents: Int[Tensor, "b n two"], man: Int[Tensor, " b"], woman: Int[Tensor, " b"]) -> Bool[Tensor, " b"]:
    """Return whether a man and a woman have the same parents, or one is the other's parent, uncle or aunt, or cousin.

    Parents that are not known (their number is n) relate nobody.
    """
    n = parents.shape[1]
    known = torch.cat([parents, torch.full_like(parents[:, :1], n)], 1)

    def parents_of(people: Int[Tensor, "b some"]) -> Int[Tensor, "b some two"]:
        return known.gather(1, people[..., None].expand(-1, -1, 2))

    his, hers = (parents_of(one[:, None])[:, 0] for one in (man, woman))
    near = (his == woman[:, None]).any(1) | (hers == man[:, None]).any(1)
    over_him, over_her = (torch.cat([one[:, None], theirs], 1) for one, theirs in ((man, his), (woman, hers)))
    fathers = [parents_of(people)[..., 0] for people in (over_him, over_her)]
    siblings = (fathers[0][:, :, None] == fathers[1][:, None]) & (fathers[0] < n)[:, :, None]
    return near | siblings.flatten(1).any(1)


def relations(parents: Int[Tensor, "b n two"], woman: Bool[Tensor, "b n"]) -> Bool[Tensor, "b n n 4"]:
    """Return at [i, j] whether j is i's father, mother, son, daughter; a parent of number n is not known."""
    people = torch.arange(parents.shape[1], device=parents.device)
    father, mother = (parents[:, :, None, which] == people for which in (0, 1))
    child = (father | mother).mT
    return torch.stack([father, mother, child & ~woman[:, None], child & woman[:, None]], 3)


def renamed(related: Bool[Tensor, "b n n r"], order: Int[Tensor, "b n"]) -> Bool[Tensor, "b n n r"]:
    """Return relations with person `order`[i] as person i."""
    rows = order[:, :, None, None].expand_as(related)
    columns = order[:, None, :, None].expand_as(related)
    return related.gather(1, rows).gather(2, columns)
