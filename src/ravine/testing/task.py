"""A conformance kit for tasks."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ravine.batch import Batch
from ravine.seeding import Seeds
from ravine.tasks.base import Task
from ravine.testing.metric import check_metric
from ravine.testing.problems import check_disjoint, check_fixed, check_hash
from ravine.testing.randomness import own_randomness

SIZE = 48
FIT = 300
RATES = (0.05, 0.5)
SEEDS = Seeds(0, ("testing", "task"))


@dataclass(frozen=True)
class Bench:
    """A task and the device on which its problems are made."""

    task: Task
    device: str

    def sample(self, split: str, seed: str = "a", dtype: torch.dtype = torch.float64, size: int = SIZE) -> Batch:
        """Return problems of `split` with the generator called `seed`."""
        return self.task.sample(size, self.generator(split, seed), split, dtype)

    def generator(self, *names: str) -> torch.Generator:
        """Return the generator called so."""
        return SEEDS.child(*names).generator(self.device)


def check_task(task: Task, *, device: str = "cpu", disjoint: bool = True) -> None:
    """Run every check of the kit on a task, and `check_metric` on its metrics.

    `disjoint`: False for a task with so few problems that draws repeat, as the small sizes of a test may have.
    """
    bench = Bench(task, device)
    for check in CHECKS:
        with own_randomness():
            check(bench)
    for fixed in (check_fixed, check_hash, *([check_disjoint] if disjoint else [])):
        with own_randomness():
            fixed(task)
    for metric in task.metrics():
        check_metric(metric, task)


def check_shapes(bench: Bench) -> None:
    """Batches have the declared shapes, the type asked for and the generator's device; answers lie in the space."""
    task = bench.task
    for split in task.splits:
        for dtype, size in ((torch.float32, SIZE), (torch.float64, 1)):
            batch = bench.sample(split, dtype=dtype, size=size)
            assert len(batch.x) == len(batch.y) == size, f"{split}: not {size} problems with answers"
            for name, values in (("x", batch.x), ("y", batch.y)):
                assert values.dtype == dtype, f"{split}: {name} is {values.dtype}, not {dtype}"
                assert values.device.type == torch.device(bench.device).type, f"{split}: {name} is on another device"
                assert values.isfinite().all(), f"{split}: {name} is not finite"
            if batch.given is not None:
                assert batch.given.dtype == torch.bool, f"{split}: given is no mask"
                assert batch.given.shape == batch.y.shape, f"{split}: given is not shaped as y"
            assert torch.equal(task.space.decode(batch.y), batch.y), f"{split}: a right answer is not in the space"
    first = bench.sample(task.splits[0])
    assert first.x.shape[1:] == task.x_shape, f"x has shape {tuple(first.x.shape[1:])}, not x_shape {task.x_shape}"
    assert first.y.shape[1:] == task.y_shape, f"y has shape {tuple(first.y.shape[1:])}, not y_shape {task.y_shape}"


def check_determinism(bench: Bench) -> None:
    """One generator gives one batch, another gives another."""
    for split in bench.task.splits:
        first, again, other = (bench.sample(split, seed) for seed in ("a", "a", "b"))
        assert same(first, again), f"{split}: two generators of one seed gave two batches"
        assert not same(first, other), f"{split}: two generators of different seeds gave one batch"


def check_problems_stand_alone(bench: Bench) -> None:
    """Problems do not share memory with their answers: hiding the answers changes no problem."""
    for split in bench.task.splits:
        batch = bench.sample(split)
        before = batch.x.clone()
        batch.y.add_(1)
        assert torch.equal(batch.x, before), f"{split}: x shares memory with y, so that a problem holds its answer"


def check_bounds(bench: Bench) -> None:
    """Training answers lie within `bound`, those of every split within `solve_bound`."""
    task = bench.task
    assert task.bound <= task.solve_bound, f"bound {task.bound:g} is wider than solve_bound {task.solve_bound:g}"
    bounds = [(task.splits[0], "bound", task.bound), *((s, "solve_bound", task.solve_bound) for s in task.splits)]
    for split, name, bound in bounds:
        most = float(bench.sample(split, size=20 * SIZE).y.abs().max())
        assert most <= bound, f"{split}: a right answer has an entry of {most:.4g}, beyond {name} = {bound:g}"


def check_right_answers(bench: Bench) -> None:
    """Right answers verify, by nothing but the problem where the task says so."""
    task = bench.task
    names = [metric.name for metric in task.metrics()]
    assert len(set(names)) == len(names), f"two metrics have one name: {', '.join(names)}"
    assert "solved" in names, "there is no metric called solved"
    for split in task.splits:
        batch = bench.sample(split)
        right = task.solved(batch, batch.y)
        assert right.dtype == torch.bool, f"solved is {right.dtype}, not a truth value"
        assert right.shape == (SIZE,), f"solved has shape {tuple(right.shape)}, not one value per problem"
        assert right.all(), f"{split}: a right answer is not solved"
        if task.verifiable:
            assert task.solved(batch.problems(), batch.y).all(), f"{split}: verifiable, but solved reads hidden answers"
        for name, values in task.checks(batch.problems(), batch.y).items():
            assert values.shape == (SIZE,), f"checks: {name} has shape {tuple(values.shape)}, not one value per problem"
    measured = task.metric("solved").values(batch, batch.y)
    assert torch.equal(measured.bool(), right), "the metric solved and the task's verifier disagree"


def check_corruption(bench: Bench) -> None:
    """A corrupted answer is finite and wrong by the verifier, holds given entries, and follows the generator.

    Entries rise and fall, and move farther where more cells are asked for.
    """
    task = bench.task
    for split in task.splits:
        batch, far = bench.sample(split, size=4 * SIZE), list[float]()
        for rate in RATES:
            wrong, again = (task.corrupt(batch, rate, bench.generator("corrupt")) for _ in range(2))
            assert torch.equal(wrong, again), f"{split}: one generator gave two corruptions"
            assert wrong.shape == batch.y.shape, f"{split}: a corrupted answer has another shape"
            assert wrong.isfinite().all(), f"{split}: a corrupted answer is not finite"
            assert torch.equal(batch.hold(wrong), wrong), f"{split}: corruption moves a given entry"
            moved = wrong - batch.y
            assert bool((moved > 0).any()) == bool((moved < 0).any()), f"{split}: corruption is one-sided"
            far.append(float(moved.abs().sum()))
            open_rows = torch.ones(len(batch)).bool() if batch.given is None else ~batch.given.flatten(1).all(1).cpu()
            solved = task.solved(batch, wrong).cpu() & open_rows
            assert not solved.any(), f"{split}, rate {rate:g}: {int(solved.sum())} corrupted answers are right"
        single = task.space.cells(batch.unknown).sum(1).max() <= 1
        assert single or far[0] < far[-1], f"{split}: corruption goes no farther where more cells are asked for"


def check_baselines(bench: Bench) -> None:
    """Baselines predict finite answers of the right shape from what a problem shows, and one of them is trivial."""
    task, first = bench.task, bench.task.splits[0]
    baselines = task.baselines()
    assert any(baseline.trivial for baseline in baselines.values()), "no baseline is trivial: there is no skill"
    for name, baseline in baselines.items():
        predict = baseline.fit(task.fixed(first, "fit", FIT))
        for split in task.splits:
            batch = bench.sample(split)
            predicted = predict(batch.problems())
            assert predicted.shape == batch.y.shape, f"{name}, {split}: predicts {tuple(predicted.shape)}"
            assert predicted.isfinite().all(), f"{name}, {split}: a prediction is not finite"
            told = predict(scrambled(batch, bench.generator("scrambled")))
            assert torch.equal(told, predicted), f"{name}, {split}: reads hidden answers"


CHECKS: tuple[Callable[[Bench], None], ...] = (
    check_shapes,
    check_determinism,
    check_problems_stand_alone,
    check_bounds,
    check_right_answers,
    check_corruption,
    check_baselines,
)


def same(first: Batch, second: Batch) -> bool:
    """Return whether two batches hold the same problems with the same answers."""
    pairs = ((first.x, second.x), (first.y, second.y), (first.given, second.given))
    return all(a is b or (a is not None and b is not None and torch.equal(a, b)) for a, b in pairs)


def scrambled(batch: Batch, generator: torch.Generator) -> Batch:
    """Return the problems with noise in the place of hidden answers."""
    noise: Tensor = torch.randn(batch.y.shape, generator=generator, device=batch.y.device, dtype=batch.y.dtype)
    return replace(batch, y=batch.hold(noise))
