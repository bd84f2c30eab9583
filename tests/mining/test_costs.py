"""docs/mining.md names every choice, and the costs that it states are those counted, by the energy and by the miner."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from torch import Tensor

from ravine.descent import Descent
from ravine.diffusion import Diffusion
from ravine.energies.base import EnergyAndGradient
from ravine.energies.head import Head
from ravine.energies.mlp import MLP
from ravine.mining.arms import CONTRASTS, PROPOSALS, REFINEMENTS, SELECTIONS
from ravine.mining.contrast.contrastive_divergence import ContrastiveDivergence
from ravine.mining.curriculum import MiningSettings
from ravine.mining.miner import Miner
from ravine.mining.propose.corruption import Corruption
from ravine.mining.refine.ascent import Ascend
from ravine.mining.refine.descent import Descend
from ravine.mining.refine.langevin import Langevin
from ravine.mining.select.only import Only
from ravine.objective import Objective
from ravine.seeding import Seeds
from ravine.solver import Solver
from ravine.tasks.sudoku.shape import Box
from ravine.tasks.sudoku.task import Sudoku
from ravine.training.sampler import Sampler, start_memories, streams

PAGE = (Path(__file__).parents[2] / "docs/mining.md").read_text()
ROWS, K, M = 8, 5, 4
OPTIONS: dict[str, dict[str, Any]] = {
    "chains": {"capacity": 30},
    "replay": {"capacity": 64},
    "solver": {"steps": 2},
    "trajectory": {"steps": 2},
    "descent": {"steps": 3},
}
TASK, DIFFUSION = Sudoku(Box(2, 3), boards=30), Diffusion.cosine(K)


def rows(heading: str) -> dict[str, list[str]]:
    """Return the cells of a section's table by the kind in the first."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [re.split(r"(?<!\\)\|", line)[1:-1] for line in section.splitlines() if line.startswith("| `")]
    return {cells[0].strip(" `"): [cell.strip() for cell in cells[1:]] for cells in lines}


class Counting(MLP):
    """An energy that counts the points at which it is asked."""

    points = 0

    def energy(self, condition: Any, y: Tensor) -> Tensor:
        self.points += len(y)
        return super().energy(condition, y)

    def energy_and_gradient(self, condition: Any, y: Tensor) -> EnergyAndGradient:
        self.points += len(y)
        return super().energy_and_gradient(condition, y)


def counted(miner: Miner) -> tuple[float, float]:
    """Return the evaluations per problem of a whole step beside the denoising: as asked for, and as the run counts."""
    energy = Counting(TASK.x_shape, TASK.y_shape, K, Seeds(0).generator(), width=8, embedding_width=8)
    solver, seeds = Solver(DIFFUSION, Descent(1), TASK.solve_bound), Seeds(1)
    miners: Mapping[str, Miner | None] = {"m": miner}
    sampler = Sampler(TASK, energy, DIFFUSION, miners, ROWS, solver)
    settings = MiningSettings((("m", 1.0),), 1.0, 0.5)
    draw = sampler.draw(0, settings, streams(seeds, "cpu"), start_memories(miners, TASK, seeds, "cpu"))
    made = Objective(energy, DIFFUSION, TASK, ContrastiveDivergence())(draw, settings)
    contrasted = made.arms["m"].mined.negatives.shape[1]
    return energy.points / ROWS - 1 - contrasted, made.evaluations / ROWS - 1 - contrasted


def stated(cost: str, part: Any) -> float:
    """Return the cost that the page states, at the part's own fields."""
    return float(eval(cost.strip("`"), {"__builtins__": {}}, {**part.model_dump(), "m": M, "K": K}))


def parts(registry: Any, **options: Any) -> dict[str, Any]:
    return {kind: made(**{**options, **OPTIONS.get(kind, {})}) for kind, made in registry.shipped.items()}


@pytest.mark.parametrize(
    ("heading", "registry"),
    [
        ("Proposals", PROPOSALS),
        ("Refinements", REFINEMENTS),
        ("Selections", SELECTIONS),
        ("Contrasts", CONTRASTS),
    ],
)
def test_the_page_names_every_choice(heading: str, registry: Any) -> None:
    assert set(rows(heading)) == set(registry.shipped)


def test_the_page_names_every_head() -> None:
    assert set(rows("Heads")) == set(get_args(Head))


@pytest.mark.parametrize("kind", PROPOSALS.shipped)
def test_proposals_cost_what_the_page_says(kind: str) -> None:
    part = parts(PROPOSALS)[kind]
    expected = stated(rows("Proposals")[kind][1], part)
    assert counted(Miner(part, Descend(), Only(candidates=M))) == (expected, expected)


@pytest.mark.parametrize("kind", REFINEMENTS.shipped)
def test_refinements_cost_what_the_page_says(kind: str) -> None:
    part = parts(REFINEMENTS)[kind]
    expected = stated(rows("Refinements")[kind][1], part)
    assert expected > 0
    assert counted(Miner(Corruption(), part, Only(candidates=M))) == (expected, expected)


@pytest.mark.parametrize("kind", SELECTIONS.shipped)
@pytest.mark.parametrize("refine", [Descend(), Descend(steps=1), Langevin(steps=2), Ascend(steps=2)])
def test_selections_cost_what_the_page_says(kind: str, refine: Descend | Langevin | Ascend) -> None:
    part = parts(SELECTIONS, candidates=M)[kind]
    known = not isinstance(refine, Ascend) and refine.steps > 0 and kind != "unstable"
    before = counted(Miner(Corruption(), refine, Only(candidates=M)))[0]
    expected = before + max(0, stated(rows("Selections")[kind][1], part) - M * known)
    assert counted(Miner(Corruption(), refine, part)) == (expected, expected)
