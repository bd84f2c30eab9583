from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ravine import build, read_run
from ravine.mining.curriculum import Curriculum, Decay, Stage
from ravine.mining.shares import Mixture, shares

weights = st.lists(st.integers(1, 20), min_size=1, max_size=4)


def mixture_of(parts: list[int]) -> Mixture:
    return tuple((f"arm{i}", part / sum(parts)) for i, part in enumerate(parts))


@given(weights, st.integers(1, 300), st.integers(0, 10_000))
def test_every_row_belongs_to_one_arm(parts: list[int], size: int, step: int) -> None:
    found = shares(mixture_of(parts), size, step)
    assert [share.rows.start for share in found] == [0, *(share.rows.stop for share in found[:-1])]
    assert found[-1].rows.stop == size


@settings(deadline=None)
@given(weights, st.integers(1, 300), st.integers(0, 50))
def test_proportions_are_exact_over_a_window(parts: list[int], size: int, start: int) -> None:
    mixture, block = mixture_of(parts), -(-128 // size)
    steps, counts = 20 * block, Counter[str]()
    for step in range(start * block, start * block + steps):
        for share in shares(mixture, size, step):
            counts[share.arm] += share.rows.stop - share.rows.start
    for arm, part in mixture:
        assert abs(counts[arm] - part * size * steps) <= 2


def test_one_arm_takes_the_whole_batch_on_every_nth_step() -> None:
    curriculum = Curriculum((Stage(0, (("adversarial", 1.0),), 2.0, 0.25),), 3)
    assert [curriculum.settings_at(step).active for step in range(5)] == [True, False, False, True, False]
    settings = curriculum.settings_at(1)
    assert (settings.weight, settings.temperature) == (0.25, 2.0)
    assert shares(settings.mixture, 7, 11)[0].rows == slice(0, 7)


@pytest.mark.parametrize(("step", "arm"), [(0, "a"), (9, "a"), (10, "b"), (11, "b"), (10_000, "b")])
def test_stages_begin_at_their_step(step: int, arm: str) -> None:
    curriculum = Curriculum((Stage(0, (("a", 1.0),)), Stage(10, (("b", 1.0),))))
    assert curriculum.settings_at(step).mixture[0][0] == arm


@given(st.integers(0, 20))
def test_settings_move_evenly_from_stage_to_stage(step: int) -> None:
    starts, temperatures, shares = [0, 5, 9], [2.0, 1.0, 0.5], [[1.0, 0.5, 0.0], [0.0, 0.5, 0.0], [0.0, 0.0, 1.0]]
    stages = tuple(
        Stage(start, tuple((name, row[i]) for name, row in zip("abc", shares, strict=True)), temperatures[i], float(i))
        for i, start in enumerate(starts)
    )
    found = Curriculum(stages, interpolate=True).settings_at(step)
    assert found.temperature == pytest.approx(np.interp(step, starts, temperatures))
    assert found.weight == pytest.approx(np.interp(step, starts, [0.0, 1.0, 2.0]))
    wanted = {name: np.interp(step, starts, row) for name, row in zip("abc", shares, strict=True)}
    assert dict(found.mixture) == pytest.approx(wanted)


def test_the_weight_moves_from_the_first_step_to_the_last() -> None:
    stages = (Stage(0, (("a", 1.0),), weight=1.0), Stage(50, (("a", 1.0),), weight=2.0))
    weights = {
        course: [
            Curriculum(stages, decay=Decay(0.2, 101, course)).settings_at(step).weight for step in (0, 25, 50, 100)
        ]
        for course in ("linear", "cosine")
    }
    assert weights["linear"] == pytest.approx([1.0, 0.8, 1.1, 0.2])
    assert weights["cosine"] == pytest.approx([1.0, 1 - 0.8 * (1 - 0.5**0.5) / 2, 1.1, 0.2])
    assert Curriculum(stages, decay=Decay(0.2, 1)).settings_at(0).weight == 1.0


def test_a_weight_that_ends_nowhere_stays_bitwise() -> None:
    base = ["mining.weight=0.3", "mining.curriculum=anneal"]
    plain, moved = (
        build.curriculum(read_run("inverse-quick", [*base, *more])) for more in ([], ["mining.weight_end=0"])
    )
    last = read_run("inverse-quick").training.steps - 1
    assert {plain.settings_at(step).weight for step in range(last + 1)} == {0.3}
    assert moved.settings_at(last).weight == 0
    assert 0 < moved.settings_at(last // 2).weight < 0.3
    assert moved.settings_at(last).mixture == plain.settings_at(last).mixture
