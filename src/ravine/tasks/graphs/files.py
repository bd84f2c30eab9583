"""A user's own graphs: adjacency matrices from NumPy or CSV files; which nodes are joined written, judged and drawn."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from ravine.batch import Batch
from ravine.errors import InputError
from ravine.tasks.array_files import ArrayFiles, Numbers
from ravine.tasks.files import OwnProblems, Picture
from ravine.tasks.graphs.closure import closure
from ravine.tasks.signs import signs

LEAST = 5
SHADE = 0.7


class GraphFiles(ArrayFiles):
    """Adjacency matrices of 0 and 1, or -1 and 1; answers are written as 1 where a path joins two nodes, else 0."""

    title = "Which nodes are joined, after each landscape: the darker, the surer; wrong pairs in colour"
    headings: ClassVar[Mapping[str, str]] = {"wrong_pairs": "wrong pairs"}

    def problems(self, stack: Numbers, file: Path) -> OwnProblems:
        """Return the graphs of a file, of any one size; links hold both ways, a node's to itself say nothing."""
        links = torch.from_numpy(checked(stack, file))
        n = links.shape[-1]
        links = links & ~torch.eye(n, dtype=torch.bool)
        x = signs(links, torch.float64)
        return OwnProblems(Batch(x[..., None], torch.zeros_like(x)), {"n": n})

    def written(self, problems: Batch, answer: Float[Tensor, "b n n"]) -> Float[Tensor, "b n n"]:
        """Return 1 where the answer says joined, else 0."""
        return (answer >= 0).to(answer.dtype)

    def judged(self, problems: Batch, answer: Float[Tensor, "b n n"]) -> Mapping[str, Sequence[Any]]:
        """Return how many nodes and links a graph has, and how many entries of its answer the closure contradicts."""
        links = problems.x[..., 0] > 0
        wrong = ((answer >= 0) != closure(links)).flatten(1).sum(1)
        count = links.flatten(1).sum(1) // 2
        return {"nodes": [links.shape[-1]] * len(links), "links": count.tolist(), "wrong_pairs": wrong.tolist()}

    def pictures(self, problem: Batch, way: Float[Tensor, "visits n n"]) -> Sequence[Picture]:
        """Return how sure it is that nodes are joined after each landscape, what the closure contradicts marked."""
        right = closure(problem.x[..., 0] > 0)[0]
        return [
            Picture(((point + 1) / 2).clamp(0, 1).numpy() * SHADE, logarithmic=False, wrong=wrong.numpy())
            for point in way
            for wrong in [(point >= 0) != right]
        ]


def checked(matrices: Numbers, file: Path) -> NDArray[np.bool_]:
    """Return where the matrices have links; an `InputError` names the first that is none of a graph."""
    rows, columns = matrices.shape[1:]
    if rows != columns or rows < LEAST:
        raise InputError(f"{file}: {rows} x {columns} numbers; adjacency is n x n, of {LEAST} nodes or more")
    for index, matrix in enumerate(matrices):
        values = set(np.unique(matrix).tolist())
        if not (values <= {0, 1} or values <= {-1, 1}):
            raise InputError(f"{file}: graph {index} has entries {listed(values)}; write 0 and 1, or -1 and 1")
        for i, j in np.argwhere(matrix != matrix.T)[:1]:
            raise InputError(f"{file}: graph {index} links {i} to {j} one way alone; links must hold both ways")
    links: NDArray[np.bool_] = matrices == 1
    return links


def listed(values: set[float]) -> str:
    """Return the first few numbers as text."""
    return ", ".join(f"{value:g}" for value in sorted(values)[:4]) + (", ..." if len(values) > 4 else "")
