"""Recorded steps are the steps that would have been taken; the GPU's own recording is asked for in `test_gpu.py`."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from tests.training.conftest import tiny
from tests.training.taped import taped

from ravine import build
from ravine.config import RunConfig, read_run
from ravine.errors import ConfigurationError
from ravine.training.engines.base import Generators, Work
from ravine.training.engines.captured import PLANS, Record, Recorded
from ravine.training.engines.choice import chosen
from ravine.training.loop import Trainer

BOARDS = ("task.boards=40", "training.steps=10", "training.batch=8", "training.validate_every=0", "compute.threads=1")
CHAINS = "mining.arms.m={propose={kind='chains', capacity=40}, refine={kind='langevin', steps=1}}"
STAGES = 'mining.stages=[{start=0, arm="none"}, {start_step=4, arm="adversarial"}]'


Recording = Callable[[Trainer], Record]


def run(config: RunConfig, folder: Path, record: Recording | None = None) -> tuple[Trainer, Recorded]:
    """Train, by recorded steps if there is a way to record them; the learning rate lies where the step finds it."""
    made = build.trainer(config, folder)
    made.directory.claim(made.config)
    for group in made.stepper.optimizer.param_groups:
        group["lr"] = torch.tensor(group["lr"])
    recorded = Recorded([made.state.generators], None if record is None else record(made))
    if record is not None:
        made.take = recorded
    assert made.run() == "finished"
    return made, recorded


def agree(config: RunConfig, folder: Path, plans: int) -> None:
    eager, _ = run(config, folder / "eager")
    made, recorded = run(config, folder / "recorded", taped)
    assert len(recorded.known) == plans
    assert not recorded.failed
    for name, value in eager.state.tensors().items():
        assert torch.equal(value, made.state.tensors()[name]), name
    assert made.state.evaluations == eager.state.evaluations
    rows, again = ([{**row, "seconds": 0} for row in each.directory.rows()] for each in (eager, made))
    assert rows == again


@pytest.mark.parametrize(
    ("words", "plans"),
    [
        (("mining.arm=none", "optimizer.schedule=cosine"), 1),
        (("mining.arm=adversarial", "training.accumulation=2", "training.balance_every=2"), 1),
        (("mining.arm=replay",), 1),
        (("mining.arm=adversarial", "mining.every=2"), 2),
        ((STAGES,), 2),
        (("mining.arm=adversarial", "mining.weight_end=0.0", 'mining.decay="linear"'), 0),
    ],
    ids=str,
)
def test_a_recorded_run_is_the_eager_run(tmp_path: Path, words: tuple[str, ...], plans: int) -> None:
    agree(tiny(*words, "training.steps=10", "training.validate_every=0"), tmp_path, plans)


def test_boards_with_rounds_drawn_at_every_step_are_recorded_by_their_rounds(tmp_path: Path) -> None:
    config = read_run("sudoku-4", [*BOARDS, CHAINS, "mining.arm=m", "energy={rounds=2, least_rounds=1}"])
    agree(config, tmp_path, 2)


def test_where_nothing_can_be_recorded_the_run_is_the_eager_run_and_says_so_once(tmp_path: Path) -> None:
    def refusing(made: Trainer) -> Record:
        def record(work: Work, generators: Sequence[Generators]) -> None:
            for generator in generators[0].values():
                torch.rand(3, generator=generator)  # whatever a failed recording leaves of them is of no use
            raise RuntimeError("not permitted when recording\nmore of it")

        return record  # type: ignore[return-value]

    eager, _ = run(tiny("mining.arm=replay"), tmp_path / "eager")
    with pytest.warns(UserWarning, match=r"^compute\.engine: steps are not recorded .* not permitted when recording$"):
        made, recorded = run(tiny("mining.arm=replay"), tmp_path / "run", refusing)
    assert recorded.failed
    for name, value in eager.state.tensors().items():
        assert torch.equal(value, made.state.tensors()[name]), name


def test_what_never_comes_back_is_never_recorded(tmp_path: Path) -> None:
    made = build.trainer(tiny(), tmp_path)
    stepped = made.step()
    recorded = Recorded([made.state.generators], lambda work, generators: pytest.fail("recorded"))
    for plan in range(20 * PLANS):
        assert recorded(plan, lambda: [stepped]) == [stepped]
    assert len(recorded.taken) <= 8 * PLANS


def test_only_one_process_on_a_gpu_records(tmp_path: Path) -> None:
    energy, gpu = build.trainer(tiny(), tmp_path).state.energy, torch.device("cuda")
    assert chosen("captured", energy, gpu, 1).engine.name == "captured"
    assert "on a GPU only" in chosen("captured", energy, torch.device("cpu"), 1).why
    assert "several processes" in chosen("captured", energy, gpu, 1, processes=2).why
    assert chosen("auto", energy, gpu, 1, processes=2).engine.name == "eager"


def test_tf32_is_refused_where_there_is_no_gpu(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"compute\.precision: tf32 is a GPU's arithmetic"):
        build.trainer(tiny("compute.precision=tf32", "compute.device=cpu"), tmp_path)
