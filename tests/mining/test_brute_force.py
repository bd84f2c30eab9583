"""Selection, refinement and replay agree with loops that nobody would ship."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from ravine.batch import Batch
from ravine.diffusion import Diffusion
from ravine.energies.mlp import MLP
from ravine.mining import miner as miner_module
from ravine.mining.context import MiningContext
from ravine.mining.miner import Miner
from ravine.mining.propose.matched_noise import MatchedNoise
from ravine.mining.propose.noise import Noise
from ravine.mining.propose.replay import Replay
from ravine.mining.refine.descent import Descend
from ravine.mining.select.lowest import Lowest
from ravine.mining.select.most_deceptive import MostDeceptive
from ravine.mining.select.only import Only
from ravine.mining.select.top_share import TopShare
from ravine.tasks.matrices.inverse import Inverse

DIFFUSION = Diffusion.cosine(10)
TASK = Inverse(3)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def context(size: int = 12) -> MiningContext:
    energy = MLP(TASK.x_shape, TASK.y_shape, 10, generator(2), width=16, embedding_width=8)
    return MiningContext(energy, TASK, TASK.sample(size, generator(1)), torch.arange(size) % 10, DIFFUSION)


def deceptiveness_by_loop(energies: list[float], distances: list[float], weight: float) -> list[float]:
    def z(values: list[float]) -> list[float]:
        mean = sum(values) / len(values)
        spread = math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))
        return [(value - mean) / spread if spread > 0 else 0.0 for value in values]

    return [weight * d - e for d, e in zip(z(distances), z(energies), strict=True)]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 7), st.integers(2, 6), st.sampled_from([0.0, 0.5, 1.0, 3.0]))
def test_selection_equals_a_loop(seed: int, rows: int, candidates: int, weight: float) -> None:
    g = generator(seed)
    energies = torch.randn(rows, candidates, generator=g, dtype=torch.float64)
    answers = torch.randn(rows, candidates, 2, 2, generator=g, dtype=torch.float64)
    right = torch.randn(rows, 2, 2, generator=g, dtype=torch.float64)
    lowest = Lowest(candidates=candidates)(energies, answers, right)
    deceptive = MostDeceptive(candidates=candidates, weight=weight)(energies, answers, right)
    for row in range(rows):
        values = energies[row].tolist()
        distances = [float((answer - right[row]).square().mean().sqrt()) for answer in answers[row]]
        assert lowest[row, 0] == values.index(min(values))
        scores = deceptiveness_by_loop(values, distances, weight)
        assert scores[int(deceptive[row, 0])] == pytest.approx(max(scores), abs=1e-12)  # two candidates may tie
    if weight == 0:
        assert torch.equal(lowest, deceptive)


@pytest.mark.parametrize(("candidates", "share", "count"), [(10, 0.2, 2), (10, 0.21, 3), (100, 0.07, 7), (4, 0.01, 1)])
def test_the_top_share_is_the_lowest_of_a_sorted_pool(candidates: int, share: float, count: int) -> None:
    energies = torch.randn(5, candidates, generator=generator())
    index = TopShare(candidates=candidates, share=share)(energies, torch.zeros(5, candidates, 2), torch.zeros(5, 2))
    for row in range(5):
        ranked = sorted(range(candidates), key=energies[row].tolist().__getitem__)
        assert index[row].tolist() == ranked[:count]


def test_equal_candidates_are_no_fault() -> None:
    same = torch.ones(3, 4)
    assert MostDeceptive(candidates=4)(same, torch.ones(3, 4, 2), torch.zeros(3, 2)).shape == (3, 1)


@pytest.mark.parametrize("select", [Only(candidates=5), Lowest(candidates=5), MostDeceptive(candidates=5, weight=1.0)])
@pytest.mark.parametrize("steps", [0, 2])
def test_chunks_of_candidates_change_nothing(
    monkeypatch: pytest.MonkeyPatch, select: Only | Lowest | MostDeceptive, steps: int
) -> None:
    around, made = context(), Miner(Noise(scale=3.0), Descend(steps=steps), select)
    condition = around.energy.condition(around.batch.x, around.k)
    whole = made.mine(condition, around, generator())
    monkeypatch.setattr(miner_module, "ROWS_AT_ONCE", 24)
    parts = made.mine(condition, around, generator())
    torch.testing.assert_close(whole.negatives, parts.negatives, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(whole.candidates, parts.candidates, rtol=1e-4, atol=1e-4)
    assert whole.evaluations == parts.evaluations


@pytest.mark.parametrize("radius", [0.1, 0.5])
def test_the_radius_is_kept(radius: float) -> None:
    around = context()
    condition = around.energy.condition(around.batch.x, around.k)
    mined = Miner(Noise(scale=3.0), Descend(steps=4, radius=radius), Only()).mine(condition, around, generator())
    for row in range(12):
        distance = (mined.negatives[row, 0] - around.batch.y[row]).square().mean().sqrt()
        assert distance <= radius * around.batch.y[row].square().mean().sqrt() * (1 + 1e-3)


def test_matched_noise_has_the_answers_own_spread() -> None:
    y = torch.stack([0.01 * torch.ones(50, 50), torch.ones(50, 50)])
    task = Inverse(50)
    task.bound = 1e9
    around = MiningContext(context().energy, task, Batch(y[:, None], y), torch.tensor([0, 9]), DIFFUSION)
    offsets = MatchedNoise(scale=0.5)(around, 1, generator())[:, 0] - y
    assert (offsets.std(dim=(1, 2)) / torch.tensor([0.01, 1.0])).tolist() == pytest.approx([0.5, 0.5], rel=0.05)


def test_replay_returns_what_was_remembered() -> None:
    around, replay = context(), Replay(capacity=20, refresh=0.0)
    memory = replay.start_memory(TASK.y_shape, generator(5))
    mined: Tensor = around.batch.y[:, None] + 0.01
    after = replay.remember(memory, around, mined)
    assert after.shape == memory.shape
    torch.testing.assert_close(after[12:], memory[:8])
    for row in range(12):
        level = DIFFUSION.sigma[around.k[row]] / DIFFUSION.signal[around.k[row]]
        torch.testing.assert_close(after[row], torch.full((3, 3), 0.01) / level, rtol=1e-3, atol=1e-5)
    only_new = MiningContext(around.energy, TASK, around.batch, around.k, DIFFUSION, memory=after[:12])
    proposals = replay(only_new, 3, generator())
    units = only_new.repeat(3).in_noise_units(proposals.flatten(0, 1))
    known = {round(float(entry.mean()), 3) for entry in after[:12]}
    inside = proposals.flatten(0, 1).abs().amax((1, 2)) < TASK.bound
    assert {round(float(unit.mean()), 3) for unit in units[inside]} <= known
