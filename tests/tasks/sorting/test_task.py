"""Sorting by swaps: what is a problem, what is right, what rules reach, and the released faults."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ravine.batch import Batch
from ravine.errors import InputError
from ravine.tasks.base import Purpose
from ravine.tasks.fixed import fixed_split
from ravine.tasks.sorting.permutations import draw
from ravine.tasks.sorting.plain import PlainConfig
from ravine.tasks.sorting.relational import RelationalConfig
from ravine.tasks.sorting.swaps import replay, selection
from ravine.tasks.sorting.task import Sorting

CONFIGS = {"sort": RelationalConfig, "sort-2": PlainConfig}
BOTH = pytest.mark.parametrize("name", CONFIGS)
PURPOSES: tuple[Purpose, ...] = ("test", "validation")


def task(name: str, **fields: int) -> Sorting:
    made = CONFIGS[name](**fields).build()
    assert isinstance(made, Sorting)
    return made


def test_plain_arrays_are_written_as_released() -> None:
    made = task("sort-2", n=4, harder=4, steps=3)
    batch = made.batch_of(torch.tensor([[1, 2, 3, 0]]), torch.float64)
    assert batch.x[0, :, 0].tolist() == [-0.5, 0, 0.5, -1]
    states = [[-0.5, 0, 0.5, -1], [-1, 0, 0.5, -0.5], [-1, -0.5, 0.5, 0]]
    assert batch.y[0, :, :, 0].tolist() == states
    assert batch.y[0, :, :, 1].argmax(1).tolist() == [0, 1, 2]
    assert batch.y[0, :, :, 2].argmax(1).tolist() == [3, 3, 3]
    assert (batch.y[..., 1:].sum(2) == -2).all()


def test_relations_are_written_as_released() -> None:
    made, a = task("sort", n=4, harder=4, steps=3), [1, 2, 3, 0]
    batch = made.batch_of(torch.tensor([a]), torch.float64)
    for i in range(4):
        for j in range(4):
            truths = [a[j] < a[i], a[j] == a[i], a[j] > a[i], j < i, j == i, j > i]
            assert batch.x[0, i, j].tolist() == [1.0 if truth else -1.0 for truth in truths]
    assert torch.equal(batch.y[0, 0, ..., :6], batch.x[0])
    assert batch.y[0, :, :, :, 6].flatten(1).argmax(1).tolist() == [0 * 4 + 3, 1 * 4 + 3, 2 * 4 + 3]


@BOTH
def test_arrays_and_swaps_come_back(name: str) -> None:
    made, values = task(name), draw(20, 10, torch.Generator().manual_seed(0), "train")
    batch = made.batch_of(values, torch.float32)
    assert torch.equal(made.form.values(batch.x), values)
    assert torch.equal(made.form.swaps(batch.y), selection(values, 16))
    assert torch.equal(made.form.end(batch, batch.y), torch.arange(10).expand(20, -1))


@BOTH
def test_any_plan_that_sorts_is_right_whatever_its_states_say(name: str) -> None:
    """The last place first: another plan, as right as selection sort's."""
    made, values = task(name), draw(20, 10, torch.Generator().manual_seed(1), "train")
    mirrored = 9 - values.flip(1)
    plan = 9 - selection(mirrored, 16)
    plan = torch.where((plan == 9).all(2, keepdim=True), 0, plan)
    batch = made.batch_of(values, torch.float64)
    other = made.form.answer(values, plan, torch.float64)
    assert (other != batch.y).flatten(1).any(1).all()
    assert made.solved(batch, other).all()
    other[..., :1] = 0
    assert made.solved(batch.problems(), other).all()
    assert (made.metric("places").values(batch, other) == 1).all()
    assert made.metric("first").values(batch, other).mean() < 0.5


@BOTH
def test_a_plan_with_one_swap_less_is_wrong(name: str) -> None:
    made, values = task(name), draw(20, 10, torch.Generator().manual_seed(2), "train")
    plan = selection(values, 16)
    last = (plan[..., 0] != plan[..., 1]).sum(1) - 1
    plan[torch.arange(20), last] = 0
    batch = made.batch_of(values, torch.float64)
    answer = made.form.answer(values, plan, torch.float64)
    assert not made.solved(batch, answer).any()
    assert torch.allclose(made.metric("places").values(batch, answer), torch.tensor(0.8).double())


@BOTH
def test_corruption_of_a_plan_that_still_sorts_changes_its_last_swap(name: str) -> None:
    """At the least rate it is mostly states that change, which have no say in what is right."""
    made = task(name, n=6)
    batch = made.sample(300, torch.Generator().manual_seed(0), dtype=torch.float64)
    drawn = made.space.corrupt(batch.y, None, 1e-9, torch.Generator().manual_seed(1))
    wrong = made.corrupt(batch, 1e-9, torch.Generator().manual_seed(1))
    assert made.solved(batch, drawn).double().mean() > 0.5
    assert not made.solved(batch, wrong).any()
    assert torch.equal(made.space.decode(wrong), wrong)


def test_a_plan_that_needs_its_last_swap_loses_it() -> None:
    made = task("sort-2", n=4, harder=4, steps=3)
    values = torch.tensor([[1, 2, 3, 0]]).expand(50, -1)
    wrong = made.corrupt(made.batch_of(values, torch.float64), 1e-9, torch.Generator().manual_seed(0))
    assert not made.solved(made.batch_of(values, torch.float64), wrong).any()


# facts of the released data, measured on many problems: places right and whole arrays.
TABLE = {
    "no swap": ((0.101, 0.0), (0.068, 0.0)),
    "first 4 right swaps": ((0.559, 0.02), (None, None)),
    "first 6 right swaps": ((0.806, 0.29), (None, None)),
    "first 8 right swaps": ((0.979, 0.90), (0.658, 0.01)),
    "selection by swaps": ((1.0, 1.0), (1.0, 1.0)),
}


def test_rules_reach_what_was_measured() -> None:
    made = task("sort-2")
    for split, column in (("same", 0), ("harder", 1)):
        batch = fixed_split(made, split, 1000).batch
        for rule, expected in TABLE.items():
            answer = made.baselines()[rule].fit(iter(()))(batch.problems())
            for metric, value in zip(("places", "solved"), expected[column], strict=True):
                ours = made.metric(metric).values(batch, answer).mean().item()
                assert value is None or ours == pytest.approx(value, abs=0.03)


def test_rules_make_the_same_plans_in_both_forms() -> None:
    values = draw(40, 6, torch.Generator().manual_seed(6), "test")
    plain, relational = (task(name, n=6) for name in CONFIGS)
    ours, theirs = (made.batch_of(values, torch.float64) for made in (plain, relational))
    for rule in set(plain.baselines()) - {"most common first swap"}:
        plans = [
            made.form.swaps(made.baselines()[rule].fit(iter(()))(batch.problems()))
            for made, batch in ((plain, ours), (relational, theirs))
        ]
        assert torch.equal(*plans)


def test_the_most_common_first_swap_is_right_once_in_n_times() -> None:
    made = task("sort-2")
    predict = made.baselines()["most common first swap"].fit(made.fixed("same", "fit", 4000))
    batch = fixed_split(made, "same", 1000).batch
    answer = predict(batch.problems())
    assert made.metric("first").values(batch, answer).mean().item() == pytest.approx(0.1, abs=0.03)
    assert (made.form.swaps(answer)[:, 1:] == 0).all()


def test_trivial_are_the_rules_that_know_no_plan() -> None:
    trivial = {name for name, rule in task("sort").baselines().items() if rule.trivial}
    assert trivial == {"no swap", "most common first swap"}


def test_entries_alone_would_score_a_plan_that_says_nothing() -> None:
    """The released score of signs: all -1 is right in .71 of the entries, and sorts nothing."""
    made = task("sort")
    batch = fixed_split(made, "same", 300).batch
    nothing = -torch.ones_like(batch.y)
    assert (nothing == batch.y).double().mean().item() == pytest.approx(0.71, abs=0.01)
    assert made.metric("solved").values(batch, nothing).mean() == 0
    assert made.metric("places").values(batch, nothing).mean() < 0.12


@BOTH
def test_fixed_sets_of_the_released_size_hold_no_array_twice_and_none_of_training(name: str) -> None:
    made = task(name, steps=9, harder=10)

    def rows(x: torch.Tensor) -> set[tuple[int, ...]]:
        return set(map(tuple, made.form.values(x).tolist()))

    test, validation = (
        rows(torch.cat([part.x for part in made.fixed("same", purpose, 500)])) for purpose in ("test", "validation")
    )
    trained = rows(made.sample(1000, torch.Generator().manual_seed(3)).x)
    assert (len(test), len(validation)) == (500, 500)
    assert len(test | validation | trained) == 1000 + len(trained)


def test_plans_must_be_long_enough() -> None:
    with pytest.raises(ValueError, match="steps = 16: 18 values can need 17 swaps; write steps = 17, or a smaller"):
        PlainConfig(n=12)
    with pytest.raises(ValueError, match="harder = 5 is less than n = 6"):
        PlainConfig(n=6, harder=5)
    with pytest.raises(InputError, match="no split 'easy'; it has same, harder"):
        task("sort").values_of("easy")


def saved(folder: Path, numbers: object) -> Path:
    np.save(folder / "arrays.npy", np.asarray(numbers))
    return folder / "arrays.npy"


@BOTH
def test_own_arrays_are_ranked_and_their_swaps_written(name: str, tmp_path: Path) -> None:
    (tmp_path / "arrays.csv").write_text("2.5, -1, 7, 100\n0.1, 0.4, 0.3, 0.2\n")
    made = task(name)
    files = made.files()
    own = files.read(tmp_path / "arrays.csv")
    assert own.fields == {"n": 4, "harder": 4, "steps": 16}
    assert made.form.values(own.batch.x).tolist() == [[1, 0, 2, 3], [0, 3, 2, 1]]
    answer = made.baselines()["selection by swaps"].fit(iter(()))(own.batch)
    lines = files.content(".csv", own.batch, answer).decode().splitlines()
    assert [line.split(",")[:6] for line in lines] == [["0", "1", "0", "0", "0", "0"], ["1", "3", "0", "0", "0", "0"]]
    assert files.judged(own.batch, answer) == {"swaps": [1, 1], "places": [1.0, 1.0]}
    assert files.shown(own.batch.rows(slice(1)), answer[:1]) == "swap places 0-1\n"
    (picture,) = files.pictures(own.batch.rows(slice(1)), answer[:1])
    np.testing.assert_allclose(picture.values, np.array([[1, 0, 2, 3]] + [[0, 1, 2, 3]] * 16) / 3)


def test_longer_arrays_get_more_steps(tmp_path: Path) -> None:
    own = task("sort-2").files().read(saved(tmp_path, [np.arange(30)[::-1]]))
    assert own.fields == {"n": 30, "harder": 30, "steps": 29}
    assert own.batch.y.shape == (1, 29, 30, 3)
    assert PlainConfig(**own.fields).build().y_shape == (29, 30, 3)


FAULTS = {
    "equal numbers": ([[3, 1, 2, 4], [1, 5, 5, 2]], "array 1 holds 5 twice; give numbers that differ"),
    "not a number": ([[3, 1, np.nan, 4]], "problem 0 has entries that are not finite"),
    "too short": ([[3, 1]], "arrays of 2 numbers; give 4 or more"),
    "too many axes": (np.zeros((2, 2, 2)), "give one line of numbers or a stack"),
    "none": (np.zeros((0, 5)), "holds no problem"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_files_that_cannot_be_used_say_so_in_one_line(fault: str, tmp_path: Path) -> None:
    numbers, words = FAULTS[fault]
    with pytest.raises(InputError, match=words) as raised:
        task("sort-2").files().read(saved(tmp_path, numbers))
    assert "\n" not in str(raised.value)


def test_the_end_of_a_plan_is_what_its_swaps_make() -> None:
    made, values = task("sort-2", n=5), draw(30, 5, torch.Generator().manual_seed(4), "train")
    swaps = torch.randint(0, 5, (30, 16, 2), generator=torch.Generator().manual_seed(5))
    answer = made.form.answer(values, swaps, torch.float64)
    batch = Batch(made.form.problem(values, torch.float64), answer)
    assert torch.equal(made.form.end(batch, answer), replay(values, swaps)[:, -1])
