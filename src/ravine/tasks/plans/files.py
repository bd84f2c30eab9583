"""A user's own graphs: read from JSON lines, their plans written as sequences of nodes, judged and drawn."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.errors import InputError, why
from ravine.tasks.files import OwnProblems, Picture, ProblemFiles
from ravine.tasks.plans.draw import Journeys
from ravine.tasks.plans.encoding import journeys_of, moves_of, problems_of
from ravine.tasks.plans.follow import follow
from ravine.tasks.plans.graphs import hops_to

FORM = '{"edges": [[0, 1], [1, 2]], "start": 0, "goal": 2}'
LEAST, MOST = 8, 1000
"""Nodes of a graph: of fewer it is read as if it had the least number, the others without an edge; more are refused."""


@dataclass(frozen=True)
class GraphFiles(ProblemFiles):
    """A problem a line, as JSON: directed edges, start and goal, nodes numbered from 0; `steps`: moves of a plan.

    Answers are lines too: a JSON object with the nodes of the path, start and goal included (.jsonl), or the nodes
    alone, separated by blanks (.txt). Problems of one file may differ in size; plans are as long as the longest needs.
    """

    steps: int

    formats = (".jsonl", ".txt")
    headings: ClassVar[Mapping[str, str]] = {"shortest": "shortest path"}
    title = "The plan after each landscape, a row a move: the darker, the surer; wrong moves in colour"

    def read(self, file: Path) -> OwnProblems:
        """Return the problems in a file, each with a path from its start to its goal."""
        try:
            lines = file.read_text(encoding="utf-8-sig").splitlines()
        except FileNotFoundError:
            raise InputError(f"{file}: no such file") from None
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{file}: cannot be read as text ({why(error)})") from None
        read = [(f"{file}, line {i}", parsed(s, f"{file}, line {i}")) for i, s in enumerate(lines, 1) if s.strip()]
        if not read:
            raise InputError(f"{file}: holds no problem; write lines like {FORM}")
        n = max(LEAST, 1 + max(max(node for edge in problem.nodes for node in edge) for _, problem in read))
        edges = torch.zeros(len(read), n, n, dtype=torch.bool)
        for index, (_, problem) in enumerate(read):
            for one, other in problem.edges:
                edges[index, one, other] = True
        start, goal = (torch.tensor([getattr(problem, end) for _, problem in read]) for end in ("start", "goal"))
        apart = hops_to(edges, goal, n)[torch.arange(len(read)), start]
        for (where, problem), moves in zip(read, apart.tolist(), strict=True):
            if moves > n:
                raise InputError(f"{where}: no path leads from {problem.start} to {problem.goal}")
        steps = max(self.steps, int(apart.max()))
        x = problems_of(Journeys(edges, start, goal), torch.float64)
        return OwnProblems(Batch(x, torch.zeros(len(read), steps, n).double()), {"n": n, "steps": steps})

    def body(self, suffix: str, problems: Batch, answer: Float[Tensor, "b steps n"]) -> bytes:
        """Return a line per plan: the nodes visited from the start on, up to the goal if it is reached."""
        paths = visited(problems, answer)
        lines = [" ".join(map(str, path)) if suffix == ".txt" else json.dumps({"path": path}) for path in paths]
        return ("\n".join(lines) + "\n").encode()

    def judged(self, problems: Batch, answer: Float[Tensor, "b steps n"]) -> Mapping[str, Sequence[Any]]:
        """Return each path, whether it arrives along edges, and how many moves the shortest has."""
        journeys = journeys_of(problems.x)
        least = hops_to(journeys.edges, journeys.goal, answer.shape[1])[torch.arange(len(answer)), journeys.start]
        return {
            "path": [" ".join(map(str, path)) for path in visited(problems, answer)],
            "arrives": follow(problems.x, answer).arrives.tolist(),
            "shortest": least.tolist(),
        }

    def pictures(self, problem: Batch, way: Float[Tensor, "visits steps n"]) -> Sequence[Picture]:
        """Return the plan after each landscape, a row a move and a column a node; moves that are not right marked."""
        right = follow(problem.x.expand(len(way), *problem.x.shape[1:]), way).right
        chosen = moves_of(way)[..., None] == torch.arange(way.shape[-1])
        return [
            Picture(
                ((plan + 1) / 2).clamp(0, 1).numpy() * 0.7,
                logarithmic=False,
                texts=[[str(node) if on else "" for node, on in enumerate(row)] for row in marks.tolist()],
                wrong=(marks & ~good[:, None]).numpy(),
            )
            for plan, marks, good in zip(way, chosen, right, strict=True)
        ]


@dataclass(frozen=True)
class Parsed:
    """A problem as its line says it."""

    edges: Sequence[tuple[int, int]]
    start: int
    goal: int

    @property
    def nodes(self) -> Sequence[tuple[int, int]]:
        """Every pair of nodes that the line names."""
        return [*self.edges, (self.start, self.goal)]


def parsed(line: str, where: str) -> Parsed:
    """Return the problem that a line holds; an `InputError` says what is wrong with it."""
    try:
        content = json.loads(line)
    except ValueError as error:
        raise InputError(f"{where}: no JSON ({error}); write lines like {FORM}") from None
    if not isinstance(content, dict) or content.keys() != {"edges", "start", "goal"}:
        raise InputError(f"{where}: needs edges, start and goal, and nothing else; write lines like {FORM}")
    edges, ends = content["edges"], [content["start"], content["goal"]]
    if not isinstance(edges, list) or not all(isinstance(edge, list) and len(edge) == 2 for edge in edges):
        raise InputError(f"{where}: edges are pairs of nodes, [[0, 1], [1, 2]]")
    for node in [*ends, *(node for edge in edges for node in edge)]:
        if not isinstance(node, int) or isinstance(node, bool) or not 0 <= node < MOST:
            raise InputError(f"{where}: nodes are whole numbers from 0 to {MOST - 1}, not {json.dumps(node)}")
    return Parsed([(one, other) for one, other in edges if one != other], *ends)


def visited(problems: Batch, answer: Float[Tensor, "b steps n"]) -> list[list[int]]:
    """Return the nodes of each plan, the start first, up to the first arrival at the goal."""
    journeys = journeys_of(problems.x)
    paths = []
    for start, goal, moves in zip(
        *(v.tolist() for v in (journeys.start, journeys.goal, moves_of(answer))), strict=True
    ):
        path = [start, *moves]
        paths.append(path[: path.index(goal) + 1] if goal in path else path)
    return paths
