"""A conformance kit for miners."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from ravine.descent import Descent
from ravine.diffusion import Diffusion
from ravine.energies.base import Energy
from ravine.energies.mlp import MLP
from ravine.mining.context import MiningContext
from ravine.mining.miner import Mined, Miner
from ravine.mining.postcondition import RULES, first_violation, right_answers
from ravine.mining.waiting import no_waiting
from ravine.seeding import Seeds
from ravine.solver import Solver
from ravine.tasks.base import Task
from ravine.testing.agreement import assert_agree

SIZE = 24
RTOL, ATOL = 1e-4, 1e-4


@dataclass(frozen=True)
class Stage:
    """A miner set on a task, with an energy, a batch on all landscapes, and the generators to mine it with."""

    miner: Miner
    context: MiningContext
    seeds: Seeds

    @property
    def condition(self) -> Any:
        """The energy's condition on the batch."""
        return self.context.energy.condition(self.context.batch.x, self.context.k)

    @property
    def single(self) -> bool:
        """Whether an answer is one entry."""
        return self.context.batch.y[0].numel() == 1

    def proposals(self, seed: str = "a") -> Tensor:
        """Return the miner's proposals with the generator called `seed`."""
        return self.miner.proposals(self.context, self.seeds.child(seed).generator())

    def mine(self, seed: str = "a") -> Mined:
        """Return what the miner mines with the generator called `seed`."""
        return self.miner.mine(self.condition, self.context, self.seeds.child(seed).generator())


def stage(miner: Miner, task: Task, energy: Energy[Any] | None = None, diffusion: Diffusion | None = None) -> Stage:
    """Return the miner set on the task; without an energy, on an MLP with random weights."""
    seeds, landscapes = Seeds(0, ("testing",)), diffusion or Diffusion.cosine(10)
    if energy is None:
        weights = seeds.child("weights").generator()
        energy = MLP(task.x_shape, task.y_shape, landscapes.landscapes, weights, width=32, embedding_width=8)
    batch = task.sample(SIZE, seeds.child("problems").generator())
    memory = miner.propose.start_memory(task.y_shape, seeds.child("memory").generator())
    k = torch.arange(SIZE) % landscapes.landscapes
    solver = Solver(landscapes, Descent(1), task.solve_bound, task.space)
    eps = torch.randn(batch.y.shape, generator=seeds.child("eps").generator())
    return Stage(miner, MiningContext(energy, task, batch, k, landscapes, solver, memory, batch.free(eps)), seeds)


def check_miner(
    miner: Miner, task: Task, energy: Energy[Any] | None = None, diffusion: Diffusion | None = None
) -> None:
    """Run every check of the kit on a miner, a task, and optionally an energy with its landscapes."""
    made = stage(miner, task, energy, diffusion)
    for check in CHECKS:
        check(made)


def check_negatives(made: Stage) -> None:
    """Mined points have the answers' form, are finite, bounded and hold given entries; negatives may be wrong."""
    negatives = made.mine().negatives
    rule, row = first_violation(negatives, made.context).tolist()
    assert rule < 0, f"row {row}: the negative {RULES[rule]}"
    if not made.miner.use.contrast:
        return
    same = (made.proposals() == made.context.batch.y[:, None]).flatten(1).all(1)
    # Of an answer of one entry the bound may make every proposal right, row by row.
    found = same.all() if made.single else same.any()
    assert not found, f"row {int(same.int().argmax())}: every proposal is the right answer itself"
    assert not right_answers(negatives, made.context).all(), "every negative is right by the task's verifier"


def check_determinism(made: Stage) -> None:
    """One generator gives one result, another another negative; the global random state is not touched."""
    before = torch.get_rng_state()
    first, again, other = (made.mine(seed).negatives for seed in ("a", "a", "b"))
    assert torch.equal(first, again), "two generators of one seed gave two results"
    # Examples may start at the right answer itself, and an answer of one sign has one wrong answer.
    blind = made.miner.use.contrast and not made.single and torch.equal(first, other)
    assert not blind, "two generators of different seeds gave one result"
    assert torch.equal(before, torch.get_rng_state()), "the global random state was touched"


def check_nothing_changes(made: Stage) -> None:
    """Mining leaves batch, weights, modes and gradients as they were, and its result carries no gradient."""
    energy, batch = made.context.energy, made.context.batch
    before = snapshot(energy), batch.x.clone(), batch.y.clone()
    mined = made.mine()
    after = snapshot(energy)
    assert torch.equal(before[1], batch.x), "the problems were changed"
    assert torch.equal(before[2], batch.y), "the right answers were changed"
    assert before[0].keys() == after.keys(), "the energy's parameters were changed"
    for name, (value, *modes) in before[0].items():
        assert torch.equal(value, after[name][0]), f"{name} was changed"
        assert modes == list(after[name][1:]), f"{name}: mode, requires_grad or gradient was changed"
    assert not mined.negatives.requires_grad, "the negatives carry a gradient"
    if (memory := made.context.memory) is not None:
        kept = made.miner.propose.remember(memory, made.context, mined.negatives)
        assert not kept.requires_grad, "what is remembered carries a gradient"


def snapshot(energy: Energy[Any]) -> dict[str, tuple[Any, ...]]:
    """Return every parameter's and buffer's value with what mining might change about it."""
    named = [*energy.named_parameters(), *energy.named_buffers()]
    return {name: (t.detach().clone(), t.requires_grad, t.grad is None, energy.training) for name, t in named}


def check_sign(made: Stage) -> None:
    """Refinement never raises the energy of a row, unless it says that it may."""
    refined, falls = made.mine().refined, made.miner.refine.falls
    if falls and refined.energy_before is not None and refined.energy_after is not None:
        rises = refined.energy_after - refined.energy_before
        slack = RTOL * refined.energy_before.abs() + ATOL
        assert (rises <= slack).all(), f"refinement raised an energy by {float(rises.max()):.3g}"


def check_rows_are_independent(made: Stage) -> None:
    """A row's proposal and negative do not change with the rest of its batch."""
    proposals, half = made.proposals(), slice(0, SIZE // 2)
    noise = made.miner.draw(made.context, made.seeds.child("noise").generator())
    whole = made.miner.choose(made.condition, made.context, proposals, noise).negatives
    rows, drawn = made.context.rows(half), None if noise is None else noise[half]
    part = made.miner.choose(made.condition.rows(half), rows, proposals[half], drawn).negatives
    assert_agree(part, whole[half], "negatives depend on the batch", rtol=RTOL, atol=ATOL)
    changed = made.context.batch.y.clone()
    changed[SIZE // 2 :] *= 0.5
    other = replace(made.context, batch=replace(made.context.batch, y=changed))
    again = replace(made, context=other).proposals()
    assert_agree(again[half], proposals[half], "proposals depend on other rows")


def check_no_waiting(made: Stage) -> None:
    """Nothing in proposing, refining and selecting waits for the device or depends on values for its control flow."""
    with no_waiting():
        made.mine()


CHECKS: tuple[Callable[[Stage], None], ...] = (
    check_nothing_changes,  # first: afterwards it would find only what an earlier check's mining left
    check_negatives,
    check_determinism,
    check_sign,
    check_rows_are_independent,
    check_no_waiting,
)


def check_harder(easy: Miner, hard: Miner, task: Task, energy: Energy[Any] | None = None) -> None:
    """From one stream of proposals `hard` mines negatives of lower mean energy than `easy`."""
    means = []
    for miner in (easy, hard):
        made = stage(miner, task, energy)
        context, negatives = made.context, made.mine().negatives[:, 0]
        with torch.no_grad():
            points = context.diffusion.scale(negatives, context.k)
            means.append(float(context.energy.energy(made.condition, points).mean()))
    assert means[1] <= means[0], f"the harder miner's energies are higher: {means[1]:.4g} > {means[0]:.4g}"
