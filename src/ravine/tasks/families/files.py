"""A user's own families: people from NumPy or CSV files; their relations written, judged and drawn."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from ravine import arrays
from ravine.batch import Batch
from ravine.errors import InputError
from ravine.tasks.array_files import ArrayFiles, Numbers
from ravine.tasks.families.people import relations
from ravine.tasks.families.relations import DEFINITIONS, Relation
from ravine.tasks.files import OwnProblems, Picture
from ravine.tasks.signs import signs

COLUMNS = ("father", "mother", "woman")
UNKNOWN = -1
LEAST = 8
SHADE = 0.7


@dataclass(frozen=True)
class FamilyFiles(ArrayFiles):
    """A line for each person: the father's number, the mother's, and 1 for a woman, 0 for a man.

    People are numbered from 0, line by line; -1 is a parent who is not known. A .csv file holds one family, a .npy file
    one, (n, 3), or several of one size, (count, n, 3). Answers are written as 1 where the relation holds, else 0.
    """

    relation: Relation

    title = "The relation after each landscape: the darker, the surer; what is wrong in colour"
    headings: ClassVar[Mapping[str, str]] = {"wrong": "wrong entries"}

    def read(self, file: Path) -> OwnProblems:
        """Return the families in a file; an `InputError` names the first person who cannot be."""
        people = arrays.read(file)
        return self.problems(people[None] if people.ndim == 2 else people, file)

    def pieces(self, file: Path) -> Iterator[OwnProblems]:
        """Yield all families of a file at once."""
        yield self.read(file)

    def problems(self, stack: Numbers, file: Path) -> OwnProblems:
        """Return the families that lines of people stand for."""
        if stack.ndim != 3 or stack.shape[2] != len(COLUMNS):
            raise InputError(f"{file}: {stack.shape[1:]} numbers; write a line {', '.join(COLUMNS)} for each person")
        if not len(stack) or stack.shape[1] < LEAST:
            raise InputError(f"{file}: {stack.shape[1]} people; a family needs {LEAST} or more")
        for index, people in enumerate(stack):
            check(people, f"{file}, family {index}" if len(stack) > 1 else f"{file}")
        numbers = torch.from_numpy(stack).to(torch.int64)
        n = stack.shape[1]
        parents = torch.where(numbers[..., :2] == UNKNOWN, n, numbers[..., :2])
        x = signs(relations(parents, numbers[..., 2] == 1), torch.float64)
        shape = DEFINITIONS[self.relation](x > 0).shape
        return OwnProblems(Batch(x, torch.zeros(shape, dtype=torch.float64)), {"n": n})

    def written(self, problems: Batch, answer: Float[Tensor, "b *answer"]) -> Float[Tensor, "b *answer"]:
        """Return 1 where the answer says that the relation holds, else 0."""
        return (answer >= 0).to(answer.dtype)

    def judged(self, problems: Batch, answer: Float[Tensor, "b *answer"]) -> Mapping[str, Sequence[Any]]:
        """Return how many people a family has, and how many entries of its answer the definition contradicts."""
        wrong = (answer >= 0) != DEFINITIONS[self.relation](problems.x > 0)
        return {"people": [problems.x.shape[1]] * len(wrong), "wrong": wrong.flatten(1).sum(1).tolist()}

    def pictures(self, problem: Batch, way: Float[Tensor, "visits *answer"]) -> Sequence[Picture]:
        """Return how sure it is that the relation holds after each landscape, what is wrong marked."""
        right = DEFINITIONS[self.relation](problem.x > 0)
        n = problem.x.shape[1]
        return [
            Picture(grid(((point + 1) / 2).clamp(0, 1) * SHADE, n), logarithmic=False, wrong=grid(wrong, n))
            for point in way
            for wrong in [(point >= 0) != right[0]]
        ]


def grid(values: Tensor, n: int) -> NDArray[Any]:
    """Return an answer as rows of `n` columns: one row where people answer for themselves."""
    shaped: NDArray[Any] = values.reshape(-1, n).numpy()
    return shaped


def check(people: Numbers, where: str) -> None:
    """Raise an `InputError` for the first person whose line cannot be."""
    n = len(people)
    for person, (father, mother, woman) in enumerate(people):
        if woman not in (0, 1):
            raise InputError(f"{where}: person {person} has woman = {woman:g}; write 1 for a woman, 0 for a man")
        for name, parent, sex in (("father", father, 0), ("mother", mother, 1)):
            if parent == UNKNOWN:
                continue
            if parent not in range(n):
                raise InputError(f"{where}: person {person} has {name} {parent:g}; people are 0 to {n - 1}, -1 unknown")
            if people[int(parent), 2] != sex:
                raise InputError(f"{where}: person {person} has {name} {parent:g}, who is a {'wo' * (1 - sex)}man")
    if (ancestor := own_ancestor(people)) is not None:
        raise InputError(f"{where}: person {ancestor} is an ancestor of their own")


def own_ancestor(people: Numbers) -> int | None:
    """Return the first person who is their own ancestor, None where nobody is."""
    n = len(people)
    child_of = np.zeros((n, n), dtype=bool)
    for person, parents in enumerate(people[:, :2].astype(int)):
        child_of[person, parents[parents >= 0]] = True
    descends = child_of
    for _ in range(n.bit_length()):
        descends = descends | (descends.astype(int) @ descends.astype(int) > 0)
    found = np.flatnonzero(descends.diagonal())
    return int(found[0]) if len(found) else None
