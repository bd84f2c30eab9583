"""Family relations: what follows from fathers, mothers, sons and daughters."""

from collections.abc import Mapping
from typing import Annotated

import torch
from jaxtyping import Bool, Float
from pydantic import Field
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.answers import Signs
from ravine.tasks.base import Task, TaskConfig
from ravine.tasks.baselines import Baseline
from ravine.tasks.families.files import FamilyFiles
from ravine.tasks.families.people import families
from ravine.tasks.families.relations import DEFINITIONS, Relation
from ravine.tasks.families.rules import baselines
from ravine.tasks.metrics.balanced import BalancedAccuracy
from ravine.tasks.metrics.base import Metric
from ravine.tasks.metrics.solved import Solved
from ravine.tasks.partition import PartitionedTask
from ravine.tasks.signs import signs


class Families(PartitionedTask):
    """x: at [i, j] whether j is i's father, mother, son, daughter, +1 or -1, (n, n, 4); y: a `relation` of them.

    y is +1 at [i, j] where j is i's parent, uncle or whatever is asked, (n, n), or at [i] where i has a father,
    daughter or sister, (n,): those are of one person, so that there is one answer a person. As in the released code an
    uncle is any son of a grandparent, the own father included, and a sister may be oneself. Splits: `same`; `harder`,
    two thirds as many people more. No family of training is one of tests or validation.
    """

    bound = 1.0
    solve_bound = 1.0
    space = Signs()

    def __init__(self, relation: Relation, n: int = 12) -> None:
        self.name = self.relation = relation
        self.n = n
        self.x_shape = (n, n, 4)
        self.y_shape = (n,) if relation.startswith("has-") else (n, n)

    def draw(self, count: int, generator: torch.Generator, split: str, dtype: torch.dtype) -> Bool[Tensor, "b n n 4"]:
        """Return `count` families of a split."""
        people = self.at_split({"same": self.n, "harder": self.n * 5 // 3}, split)
        return families(count, people, generator, dtype)

    def batch_of(self, facts: Bool[Tensor, "b n n 4"], dtype: torch.dtype) -> Batch:
        """Return families with the relation that is asked for."""
        return Batch(signs(facts, dtype), signs(DEFINITIONS[self.relation](facts), dtype))

    def solved(self, batch: Batch, answer: Float[Tensor, "b *answer"]) -> Bool[Tensor, " b"]:
        """Return whether the signs are those of the relation, of all people."""
        right = DEFINITIONS[self.relation](batch.x > 0)
        return ((answer >= 0) == right).flatten(1).all(1)

    def own_metrics(self) -> tuple[Metric, ...]:
        """Return whole families right, and balanced accuracy: most answers are nearly all -1."""
        return (Solved(self.solved), BalancedAccuracy())

    def baselines(self) -> Mapping[str, Baseline]:
        """Return constants, what one or two given relations tell, and the exact composition."""
        return baselines(self.relation)

    def files(self) -> FamilyFiles:
        """Return how a user's own families are read and their relations written."""
        return FamilyFiles(self.relation)


class FamiliesConfig(TaskConfig):
    """Fathers, mothers, sons and daughters of a family -> another relation of its people."""

    metrics = ("solved", "balanced")
    best_rule = {
        "parents": "father or mother",
        "uncle": "nobody",
        "has-father": "father given",
        "has-daughter": "daughter given",
        "has-sister": "father given",
        "grandparents": "nobody",
        "maternal-great-uncle": "nobody",
    }

    name: Relation = "parents"
    n: Annotated[int, Field(ge=8, le=100)] = 12
    """People of a training family."""

    def build(self) -> Task:
        """Return the task."""
        return Families(self.name, self.n)
