"""Seeds of an arm as one program: each is the run that it would be by itself, but for rounding."""

import math
import warnings
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
import torch
from tests.training.conftest import TINY
from tests.training.taped import taped
from torch import Tensor

from ravine import build, runs
from ravine.config import RunConfig, read_run
from ravine.errors import ConfigurationError, DivergedError, RunError
from ravine.launch import NEEDED
from ravine.training.callbacks import Callbacks
from ravine.training.directory import RunDirectory, read_json
from ravine.training.engines.captured import Recorded
from ravine.training.engines.choice import ENGINES, Chosen
from ravine.training.loop import Trainer, draw_and_take
from ravine.training.step import Stepped
from ravine.training.together import why_apart

SEEDS = 3
SHORT = ("training.steps=6", "training.validation_problems=4", "evaluation.problems=4", "diffusion.landscapes=3")
INVERSE, PARITY = ("task={name='inverse', n=3}",), ("task={name='parity', length=6}", "energy={name='tree'}")
MATRIX = (*INVERSE, "energy={name='matrix', channels=4, layers=2, products=3, verifiers=2}")
DENOISER = (*INVERSE, "energy={name='mlp-denoiser', width=16}")
BOARDS = ("task={name='sudoku', n=4, boards=50}", "energy={name='cells', rounds=3, least_rounds=3}")
MIXTURE = "mining.mixture={none=0.25,random=0.35,replay=0.4}"


def of_seeds(*words: str, task: Sequence[str] = ()) -> list[RunConfig]:
    kept = [word for word in TINY if not (task and word.startswith(("task.", "energy.")))]
    return [read_run("inverse-quick", [*task, *kept, *words, f"seed={seed}"]) for seed in range(SEEDS)]


def trainers(configs: Sequence[RunConfig], folder: Path) -> list[Trainer]:
    return [build.trainer(config, folder / str(number)) for number, config in enumerate(configs)]


def step_together(some: Sequence[Trainer]) -> list[Stepped]:
    (plan,) = {trainer.begin() for trainer in some}
    stepped = draw_and_take(some, plan)
    for trainer, one in zip(some, stepped, strict=True):
        trainer.end(one)
    return stepped


def moments(trainer: Trainer) -> Tensor:
    """The optimiser's first moments: after one step a tenth of the clipped gradient."""
    found = [value for name, value in trainer.state.tensors().items() if name.startswith("optimizer/exp_avg/")]
    return torch.cat([value.flatten() for value in found])


@pytest.mark.parametrize(
    ("task", "words", "bound"),
    [
        ((), ("mining.arm=none",), 1e-5),
        ((), ("mining.arm=adversarial", "training.accumulation=2"), 1e-5),
        ((), ("mining.arm=pgd-target",), 1e-4),
        ((), (MIXTURE,), 1e-5),
        ((), ("mining.arm=failures",), 1e-5),
        ((), ("mining.arm=none", "compute.precision=bfloat16"), 2e-2),
        (MATRIX, ("mining.arm=corrupt-adversarial",), 1e-5),
        (DENOISER, ("mining.arm=random-target", "solve.steps=0"), 1e-5),
        (PARITY, ("mining.arm=adversarial",), 1e-5),
        (BOARDS, ("mining.arm=random", "diffusion.landscapes=3"), 1e-4),
    ],
    ids=str,
)
def test_a_step_of_several_seeds_is_the_step_of_each(
    tmp_path: Path, task: tuple[str, ...], words: tuple[str, ...], bound: float
) -> None:
    configs = of_seeds(*words, "optimizer.warmup=0", task=task)
    alone, together = trainers(configs, tmp_path), trainers(configs, tmp_path)
    expected, found = [trainer.step() for trainer in alone], step_together(together)
    for stepped, repeated in zip(expected, found, strict=True):
        for part, one in zip(stepped.parts, repeated.parts, strict=True):
            assert torch.allclose(part.total, one.total, rtol=bound)
            assert torch.allclose(part.errors, one.errors, rtol=bound, atol=bound)
            assert part.evaluations == one.evaluations
            for arm, losses in part.arms.items():
                assert torch.allclose(losses.mined.negatives, one.arms[arm].mined.negatives, rtol=bound, atol=bound)
    for trainer, other in zip(alone, together, strict=True):
        assert float(moments(trainer).norm()) > 0
        assert float((moments(trainer) - moments(other)).norm()) <= bound * float(moments(trainer).norm())
        assert trainer.state.evaluations == other.state.evaluations
        for arm, memory in trainer.state.memories.items():
            assert torch.allclose(memory, other.state.memories[arm], rtol=1e-4, atol=1e-4)
    assert not torch.equal(moments(together[0]), moments(together[1]))


def test_recorded_steps_of_several_seeds_are_those_that_would_have_been_taken(tmp_path: Path) -> None:
    configs = of_seeds("mining.arm=replay", "optimizer.schedule=cosine")
    eager, recorded = trainers(configs, tmp_path), trainers(configs, tmp_path)
    for trainer in (*eager, *recorded):
        for group in trainer.stepper.optimizer.param_groups:
            group["lr"] = torch.tensor(group["lr"])
    take = Recorded([trainer.state.generators for trainer in recorded], taped(*recorded))
    for _ in range(8):
        step_together(eager)
        (plan,) = {trainer.begin() for trainer in recorded}
        for trainer, stepped in zip(recorded, take(plan, partial(draw_and_take, recorded, plan)), strict=True):
            trainer.end(stepped)
    assert len(take.known) == 1
    for trainer, other in zip(eager, recorded, strict=True):
        for name, value in trainer.state.tensors().items():
            assert torch.equal(value, other.state.tensors()[name]), name


def rows(folder: Path) -> list[dict[str, float]]:
    return [row for row in RunDirectory(folder).rows() if "loss" in row]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, RunConfig]:
    """Return runs that were trained together, without any disturbance."""
    folder = tmp_path_factory.mktemp("whole")
    configs = {folder / f"seed-{config.seed}": config for config in of_seeds("mining.arm=replay", *SHORT)}
    assert runs.train_together(configs) == dict.fromkeys(configs, "finished")
    return configs


def again(whole: dict[Path, RunConfig], folder: Path) -> dict[Path, RunConfig]:
    return {folder / out.name: config for out, config in whole.items()}


def same(out: Path, other: Path) -> bool:
    """Whether two runs logged the same but for rounding."""
    ours, theirs = ([(row["step"], row["evaluations"], row["loss"]) for row in rows(each)] for each in (out, other))
    return len(ours) == 3 and all(row == pytest.approx(one, rel=1e-4) for row, one in zip(ours, theirs, strict=True))


def test_every_seed_is_a_run_in_its_own_directory(whole: dict[Path, RunConfig], tmp_path: Path) -> None:
    for out, config in whole.items():
        alone = tmp_path / out.name
        runs.train(config, alone)
        assert same(out, alone)
        files = [sorted(each.relative_to(folder) for each in folder.rglob("*")) for folder in (out, alone)]
        assert files[0] == files[1]
        told = [read_json(RunDirectory(each).environment)["attempts"][0]["environment"] for each in (out, alone)]
        assert told[0] == {**told[1], "together": f"{SEEDS} seeds"}


def test_stopped_seeds_go_on_together_from_where_they_were(whole: dict[Path, RunConfig], tmp_path: Path) -> None:
    configs, reached = again(whole, tmp_path), list[int]()
    stopping = Callbacks(on_step=reached.append, stop=lambda: len(reached) >= 3 * SEEDS)
    assert set(runs.train_together(configs, callbacks=lambda out: stopping).values()) == {"interrupted"}
    assert runs.train_together(configs, resume=True) == dict.fromkeys(configs, "finished")
    assert all(same(out, other) for out, other in zip(configs, whole, strict=True))


def test_a_seed_that_breaks_leaves_the_others_as_they_are(
    whole: dict[Path, RunConfig], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configs, made = again(whole, tmp_path), build.trainer
    first, *others = configs

    def spoiled(config: RunConfig, folder: Path, callbacks: Callbacks | None = None, *ranks: object) -> Trainer:
        trainer = made(config, folder, callbacks)

        def spoil(step: int) -> None:
            if folder == first and step == 3:
                next(trainer.state.energy.parameters()).data[0, 0] = math.nan

        trainer.callbacks = Callbacks(on_step=spoil)
        return trainer

    monkeypatch.setattr(build, "trainer", spoiled)
    ends = runs.train_together(configs)
    assert isinstance(ends[first], DivergedError)
    assert RunDirectory(first).status()["state"] == "diverged"
    for out, other in zip(others, [*whole][1:], strict=True):
        assert ends[out] == "finished"
        assert same(out, other)


def test_what_cannot_be_mapped_over_runs_is_computed_run_by_run_and_said(tmp_path: Path) -> None:
    configs = of_seeds(*SHORT, "training.validate_every=0", "task.name=value-sort", "mining.arm=random")
    with pytest.warns(UserWarning, match=r"^seeds are not computed together but one by one, "):
        ends = runs.train_together({tmp_path / str(config.seed): config for config in configs})
    assert set(ends.values()) == {"finished"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        runs.train(configs[1], tmp_path / "alone")
    assert [row["loss"] for row in rows(tmp_path / "1")] == [row["loss"] for row in rows(tmp_path / "alone")]


def test_only_runs_that_differ_in_their_seeds_alone_meet(tmp_path: Path) -> None:
    first, second, _ = of_seeds()
    (other, *_), (tracked, *_) = of_seeds("mining.arm=hard"), of_seeds("tracking=['tensorboard']")
    with pytest.raises(ConfigurationError, match=r"mining\.arm is 'hard' there and 'adversarial' here"):
        runs.train_together({tmp_path / "a": first, tmp_path / "b": second, tmp_path / "c": other})
    with pytest.raises(ConfigurationError, match="one by one"):
        runs.train_together({tmp_path / "a": tracked})
    assert not list(tmp_path.iterdir())


def test_processes_of_torchrun_do_not_all_train_all_seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**dict.fromkeys(NEEDED, "1"), "WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(RunError, match="without torchrun"):
        runs.train_together({tmp_path / "a": of_seeds()[0]})


def test_seeds_that_draw_rounds_are_not_recorded_together(tmp_path: Path) -> None:
    config, *_ = of_seeds("diffusion.landscapes=3", task=BOARDS)
    (trainer,) = trainers([config], tmp_path)
    assert why_apart(trainer) is None
    trainer.engine = Chosen(ENGINES["captured"], "asked for")
    assert "another number of rounds" in str(why_apart(trainer))
