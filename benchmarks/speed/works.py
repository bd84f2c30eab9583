"""What is timed: a step of ours beside the textbook one, and solving beside textbook solving."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from benchmarks.speed.clock import Work
from benchmarks.speed.plain import plain_solve
from benchmarks.speed.upstream import Upstream
from torch.utils.flop_counter import FlopCounterMode

from ravine import build
from ravine.config import RunConfig, preset_names, read_run
from ravine.denoise.score import Score
from ravine.objective import Draw
from ravine.seeding import Seeds
from ravine.solver import Solver
from ravine.training.engines.choice import cpp_compiler
from ravine.training.loop import Trainer
from ravine.training.plain import plain_loss, plain_step
from ravine.training.together import Together

DESCENT = {"none": 0, "random": 0, "adversarial": 2}
"""Arms that the textbook step knows, and their steps of descent."""
SIZES, BATCHES = (5, 10, 20, 30, 50), (128, 512, 2048, 8192)
WAYS = {
    "cpu": [("eager", "float32"), ("eager", "bfloat16"), ("compiled", "float32")],
    "cuda": [
        ("eager", "float32"),
        ("captured", "float32"),
        ("captured-compiled", "float32"),
        ("captured-compiled", "tf32"),
        ("captured-compiled", "bfloat16"),
    ],
}
"""Engines and precisions by the kind of device; the first one is what others are measured against."""
SEEDS: Mapping[str, Mapping[str, Sequence[int]]] = {
    "cpu": {"inverse-quick": (8,), "qr": (2, 8, 32), "parity": (8,), "sudoku-4": (8,)},
    "cuda": {"inverse-paper": (10,), "inverse": (2, 10, 32), "qr": (10,), "parity": (10,)},
}
"""How many seeds of which preset are taken together, by the kind of device."""
GROWING = {"cpu": "eager", "cuda": "captured"}
"""The engine by which growth is timed."""


@dataclass(frozen=True)
class Works:
    """Ours, `fast`, computed by an `engine`, and the textbook's, `plain`, if the textbook knows the work; of seeds
    together, `plain` is the same steps one by one."""

    fast: Work
    plain: Work | None
    engine: str = "eager"


@dataclass(frozen=True)
class Timed:
    """One row of the table.

    `make` prepares the works when their turn comes, so that no two rows share memory; `counted` the eager form of ours,
    whose products can be counted; `released`, what a checkout of the released code does, None if it has no such work.
    """

    name: str
    problems: int
    precision: str
    make: Callable[[], Works]
    counted: Callable[[], Work]
    released: Callable[[Path], Work | None]


def operations(work: Work) -> float:
    """Return the operations of products that an eager work does."""
    with FlopCounterMode(display=False) as counter:
        work()
    return float(counter.get_total_flops())


def trainer_of(config: RunConfig) -> Trainer:
    """Return a run's trainer at its start; nothing is written."""
    with TemporaryDirectory() as folder:
        return build.trainer(config, Path(folder))


def step_of(preset: str, words: Sequence[str], label: str = "") -> Timed:
    """Return the work of one training step, problems included, of a preset with some fields changed."""
    config = read_run(preset, [*words, "training.validation_problems=1"])

    def make() -> Works:
        ours, theirs = trainer_of(config), trainer_of(config)
        return Works(ours.step, plain_of(config, theirs), ours.engine.engine.name)

    def counted() -> Work:
        return trainer_of(read_run(preset, [*words, "training.validation_problems=1", "compute.engine=eager"])).step

    def released(path: Path) -> Work | None:
        found = Upstream.of(path, config, build.device(config))
        return None if found is None else found.step(config.training.batch)

    name = label or " ".join([preset, config.mining.arm])
    return Timed(f"step {name}", config.training.batch, config.compute.precision, make, counted, released)


def plain_of(config: RunConfig, trainer: Trainer) -> Work | None:
    """Return the textbook step, in float32, of the trainer's own problems; None where the textbook has no such thing.

    It knows neither given entries nor networks without an energy, nor other losses and arms than the paper's.
    """
    state, sampler = trainer.state, trainer.sampler
    probe = sampler.task.sample(2, torch.Generator(state.generators["problems"].device).manual_seed(0))
    arms = [arm for arm, _ in trainer.curriculum.settings_at(0).mixture]
    paper = arms == [config.mining.arm] and arms[0] in DESCENT and isinstance(trainer.stepper.objective.denoise, Score)
    if not (paper and state.energy.has_energy and probe.given is None) or config.training.terms:
        return None
    adam = torch.optim.Adam(state.energy.parameters(), lr=1e-4, betas=(0.9, 0.99))
    steps, weight, temperature = DESCENT[config.mining.arm], config.mining.weight, config.mining.temperature

    def plain() -> None:
        draw: Draw = sampler.draw(0, trainer.curriculum.settings_at(0), state.generators, {})
        bound = sampler.task.bound
        loss = plain_loss(state.energy, sampler.diffusion, draw, steps, bound, weight, temperature)
        plain_step(state.energy, adam, loss, config.optimizer.clip, 1e-4)

    return plain


def seeds_of(preset: str, words: Sequence[str], count: int) -> Timed:
    """Return the work of a step of each of several seeds as one program, beside the same steps one by one."""
    words = [*words, "training.validation_problems=1"]
    configs = [read_run(preset, [*words, f"seed={seed}"]) for seed in range(count)]

    def one_by_one(some: Sequence[RunConfig]) -> Work:
        trainers = [trainer_of(config) for config in some]
        return lambda: [trainer.step() for trainer in trainers]

    def make() -> Works:
        trainers, together = [trainer_of(config) for config in configs], Together()
        return Works(lambda: together.step(trainers), one_by_one(configs), trainers[0].engine.engine.name)

    def counted() -> Work:
        return one_by_one([read_run(preset, [*words, "compute.engine=eager", f"seed={seed}"]) for seed in range(count)])

    name = f"seeds {preset} {configs[0].mining.arm}, {count} together"
    return Timed(
        name, count * configs[0].training.batch, configs[0].compute.precision, make, counted, lambda path: None
    )


def solving_of(preset: str, words: Sequence[str], problems: int) -> Timed:
    """Return the work of solving problems from one start each."""
    config = read_run(preset, words)

    def make() -> Works:
        task = build.task(config)
        energy, solver, device = build.energy(config, task), build.solver(config, task), build.device(config)
        generator = Seeds(0, ("benchmark", "solving")).generator(device)
        batch = task.sample(problems, generator)
        start = torch.randn((1, *batch.y.shape), generator=generator, device=device)
        scale = solver.descent.step_scale
        knows = batch.given is None and energy.has_energy and isinstance(scale, float) and type(solver) is Solver

        def plain() -> None:
            assert isinstance(scale, float)
            plain_solve(energy, solver.diffusion, batch.x, start[0], solver.descent.steps, scale, solver.bound)

        return Works(lambda: solver.solve(energy, batch, start), plain if knows else None)

    def released(path: Path) -> Work | None:
        found = Upstream.of(path, config, build.device(config)) if config.solve.precision == "float32" else None
        return None if found is None else found.solving(problems)

    precision = config.solve.precision
    name = f"solve {preset}, {problems} problems" + ("" if precision == "float32" else f", {precision}")
    return Timed(name, problems, precision, make, lambda: make().fast, released)


def quick(words: Sequence[str]) -> Iterator[Timed]:
    """Yield a sample of the works, of small batches, and a step of every preset: all tasks and energies are there."""
    paper, small = "inverse-paper", [*words, "training.batch=256"]
    for arm in DESCENT:
        yield step_of(paper, [*small, f"mining.arm={arm}"], f"{paper} {arm}, batch 256")
    rounded = [*small, "compute.precision=bfloat16"]
    yield step_of(paper, rounded, f"{paper} adversarial, batch 256, bfloat16")
    yield seeds_of("qr", words, 8)
    yield solving_of(paper, words, 64)
    for preset in preset_names("runs"):
        few = [*words, "training.batch=16"]
        yield step_of(preset, few, f"{preset} {read_run(preset, few).mining.arm}, batch 16")


def every(words: Sequence[str]) -> Iterator[Timed]:
    """Yield all works: arms, precisions, engines, solving, growth over n and batch, and every preset."""
    paper = "inverse-paper"
    kind = build.device(read_run(paper, words)).type
    for arm in DESCENT:
        for engine, precision in WAYS[kind]:
            if "compiled" not in engine or cpp_compiler():
                way = [f"mining.arm={arm}", f"compute.engine={engine}", f"compute.precision={precision}"]
                said = [f"{paper} {arm}", *(word for word in (engine, precision) if word not in WAYS[kind][0])]
                yield step_of(paper, [*words, *way], ", ".join(said))
    for precision in dict.fromkeys(precision for _, precision in WAYS[kind]):
        yield solving_of(paper, [*words, f"solve.precision={precision}"], 256)
    for n in SIZES:
        size = [f"task.n={n}", f"compute.engine={GROWING[kind]}"]
        yield step_of(paper, [*words, *size], f"{paper} adversarial, n = {n}")
    for batch in BATCHES:
        size = [f"training.batch={batch}", f"compute.engine={GROWING[kind]}"]
        yield step_of(paper, [*words, *size], f"{paper} adversarial, batch {batch}")
    for preset, counts in SEEDS[kind].items():
        for count in counts:
            yield seeds_of(preset, words, count)
    for preset in preset_names("runs"):
        if preset != paper:
            yield step_of(preset, [*words, "mining.arm=none"])
            if read_run(preset, words).mining.arm != "none":
                yield step_of(preset, words)
