"""Chains belong to one training problem each, go on where they ended, and move with the symmetry that shows them."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from ravine import build
from ravine.batch import Batch
from ravine.config import read_run
from ravine.diffusion import Diffusion
from ravine.energies.mlp import MLP
from ravine.errors import ConfigurationError
from ravine.mining.context import MiningContext
from ravine.mining.miner import Miner
from ravine.mining.propose.chain import Chains
from ravine.mining.refine.descent import Descend
from ravine.mining.refine.langevin import Langevin
from ravine.mining.select.only import Only
from ravine.mining.waiting import no_waiting
from ravine.tasks.matrices.inverse import Inverse
from ravine.tasks.sudoku.pools import pool
from ravine.tasks.sudoku.shape import Box
from ravine.tasks.sudoku.task import Sudoku
from ravine.testing import check_miner

DIFFUSION, TASK, ROWS = Diffusion.cosine(5), Sudoku(Box(2, 3), boards=30), 16
CHAINS = Chains(capacity=30, restart=0.0)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def context(memory: Tensor | None, seed: int = 1, task: Sudoku = TASK) -> MiningContext:
    energy = MLP(task.x_shape, task.y_shape, 5, generator(2), width=8, embedding_width=8)
    batch = task.sample(ROWS, generator(seed))
    return MiningContext(energy, task, batch, torch.arange(ROWS) % 5, DIFFUSION, memory=memory)


def memory() -> Tensor:
    return CHAINS.start_memory(TASK.y_shape, generator(3)).clamp(-1, 1)


@pytest.mark.parametrize("box", [Box(2, 2), Box(2, 3), Box(3, 3)], ids=str)
def test_the_origin_says_which_board_it_is_and_how_it_was_moved(box: Box) -> None:
    task = Sudoku(box, boards=20)
    batch, boards = task.sample(ROWS, generator()), pool(box, "train", "same", 20)
    assert batch.origin is not None
    assert task.items == 20
    own = 2 * torch.nn.functional.one_hot(boards.solution - 1, box.n).float() - 1
    assert torch.equal(batch.origin.shown(own[batch.origin.item]), batch.y)
    assert torch.equal(batch.origin.own(batch.y), own[batch.origin.item])
    for part in (batch.rows(slice(3, 9)), batch.repeat(2), batch.to("cpu")):
        assert part.origin is not None
        assert torch.equal(part.origin.shown(own[part.origin.item]), part.y)
    assert batch.origin.source.sort(1).values.equal(torch.arange(box.n**3).expand(ROWS, -1))


def test_problems_of_other_splits_are_none_of_the_pools() -> None:
    assert TASK.sample(4, generator(), "harder").origin is None


def test_a_chain_goes_on_from_its_problems_last_negative_under_another_symmetry() -> None:
    first = context(memory())
    mined = first.hold(torch.randn(first.batch.y.shape, generator=generator(7)))[:, None]
    after = CHAINS.remember(memory(), first, mined)
    second = context(after, seed=8)
    proposals = CHAINS(second, 1, generator())[:, 0]
    origins = first.batch.origin, second.batch.origin
    assert origins[0] is not None
    assert origins[1] is not None
    seen = origins[0].item.tolist()
    own, shared = origins[1].own(proposals), 0
    for row, item in enumerate(origins[1].item.tolist()):
        state = own[row]
        if item in seen:
            shared += 1
            at = seen.index(item)  # of a problem drawn twice the first row counts
            assert torch.equal(state, origins[0].own(mined[:, 0])[at])
        else:
            free = ~origins[1].own(second.batch.given.float())[row].bool()  # type: ignore[union-attr]
            assert torch.equal(state[free], memory()[item][free])
    assert 0 < shared < ROWS


def test_a_problem_drawn_twice_leaves_its_first_rows_negative() -> None:
    around = context(memory())
    assert around.batch.origin is not None
    same = replace(around.batch.origin, item=torch.full((ROWS,), 5))
    around = replace(around, batch=replace(around.batch, origin=same))
    mined = torch.randn(ROWS, 1, *TASK.y_shape, generator=generator(7))
    after = CHAINS.remember(memory(), around, mined)
    assert torch.equal(after[5], same.own(mined[:, 0])[0])
    assert torch.equal(torch.cat([after[:5], after[6:]]), torch.cat([memory()[:5], memory()[6:]]))


@pytest.mark.parametrize("restart", [0.0, 0.3, 1.0])
def test_a_share_restarts_from_noise(restart: float) -> None:
    wide = Sudoku(Box(2, 3), boards=30)
    batch = wide.sample(2000, generator(1))
    around = replace(context(torch.full_like(memory(), 0.25)), batch=batch, k=torch.zeros(2000, dtype=torch.int64))
    states = Chains(capacity=30, restart=restart)(around, 1, generator())[:, 0]
    assert batch.given is not None
    kept = ((states == 0.25) | batch.given).flatten(1).all(1)
    assert float(kept.float().mean()) == pytest.approx(1 - restart, abs=0.04)
    assert torch.equal(states[batch.given], batch.y[batch.given])


@pytest.mark.parametrize("refine", [Descend(steps=2), Langevin(steps=2)])
def test_it_conforms_and_nothing_waits(refine: Descend | Langevin) -> None:
    check_miner(Miner(Chains(capacity=30), refine, Only()), TASK)
    with no_waiting():
        CHAINS.remember(memory(), context(memory()), torch.zeros(ROWS, 1, *TASK.y_shape))


def test_tasks_without_a_pool_and_pools_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"capacity: 29 is less than 30 training problems"):
        Chains(capacity=29)(context(memory()), 1, generator())
    inverse = Inverse(6)
    batch = Batch(torch.zeros(ROWS, *inverse.x_shape), torch.zeros(ROWS, *inverse.y_shape))
    with pytest.raises(ConfigurationError, match="finitely many training problems; write replay"):
        CHAINS(replace(context(memory()), task=inverse, batch=batch), 1, generator())


def test_chains_move_while_a_run_trains(tmp_path: Path) -> None:
    words = ["task.boards=40", "training.steps=6", "training.batch=16", "training.validate_every=0", "mining.arm=m"]
    arm = "mining.arms.m={propose={kind='chains', capacity=40}, refine={kind='langevin', steps=1}}"
    config = read_run("sudoku-4", [*words, arm, "compute.threads=1"])
    trainer = build.trainer(config, tmp_path / "run")
    trainer.directory.claim(trainer.config)
    before = trainer.state.memories["m"].clone()
    for _ in range(6):
        trainer.step()
    moved = (trainer.state.memories["m"] != before).flatten(1).any(1)
    assert 25 <= int(moved.sum()) <= 40
