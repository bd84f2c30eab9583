"""What only a GPU can show; skipped, with its reason printed, where there is none."""

import json
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from ravine import build, load
from ravine.config import preset_names, read_run
from ravine.mining.arms import NAMED_ARMS, PROPOSALS
from ravine.mining.context import MiningContext
from ravine.runs import train
from ravine.training.loop import Trainer
from ravine.training.together import Together

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch finds no CUDA device on this machine"),
    pytest.mark.filterwarnings("ignore:Synchronization debug mode is a prototype"),
]
Make = Callable[..., Trainer]
DEVICE = "compute.device=cuda"
BOARDS = ("energy.rounds=4", "training.batch=16", "training.validate_every=0", "evaluation.problems=20")


def mining(propose: str) -> tuple[str, ...]:
    """Return the words of an arm of one kind of proposal, refined within a radius and selected of several."""
    arm = f'{{propose={{kind="{propose}"}}, refine={{steps=2, radius=2.0}}, select={{kind="most-deceptive"}}}}'
    return (f"mining.arms.one={arm}", "mining.arm=one")


@pytest.mark.parametrize("words", [(f"mining.arm={arm}",) for arm in NAMED_ARMS], ids=str)
def test_a_recorded_run_is_the_eager_run_bit_for_bit(trainer: Make, words: tuple[str, ...]) -> None:
    eager, recorded = (trainer(*words, DEVICE, f"compute.engine={name}", folder=name) for name in ("eager", "captured"))
    for each in (eager, recorded):
        assert each.run() == "finished"
    assert recorded.engine.engine.name == "captured"
    assert recorded.take.known  # type: ignore[attr-defined]
    for name, value in eager.state.tensors().items():
        assert torch.equal(value, recorded.state.tensors()[name]), name


@pytest.mark.parametrize("preset", preset_names("runs"))
def test_every_preset_is_recorded_or_says_why_not(preset: str, tmp_path: Path) -> None:
    small = ("training.batch=16", "training.validate_every=0", "compute.engine=captured", DEVICE)
    made = build.trainer(read_run(preset, small), tmp_path)
    with warnings.catch_warnings(record=True) as said:
        for _ in range(40):
            made.step()
    made.stepper.health.check()
    if made.take.failed:  # type: ignore[attr-defined]
        assert any("compute.engine: steps are not recorded" in str(each.message) for each in said)
        pytest.skip(f"not recorded: {said[0].message}")
    assert made.take.known  # type: ignore[attr-defined]


@pytest.mark.parametrize("words", [("mining.arm=none",), ("mining.arm=adversarial",), ("mining.arm=replay",)], ids=str)
def test_recorded_steps_of_several_seeds_are_their_eager_steps_but_for_rounding(
    trainer: Make, words: list[str]
) -> None:
    recorded, eager = (
        [
            trainer(*words, DEVICE, f"compute.engine={engine}", f"seed={seed}", folder=f"{engine}{seed}")
            for seed in range(3)
        ]
        for engine in ("captured", "eager")
    )
    together = Together()
    for _ in range(8):
        assert not any(isinstance(stepped, Exception) for stepped in together.step(recorded).values())
        for one in eager:
            one.step()
    (take,) = together.takes.values()
    assert take.known  # type: ignore[attr-defined]
    assert not together.apart
    for one, other in zip(recorded, eager, strict=True):
        for name, value in one.state.energy.state_dict().items():
            assert torch.allclose(value, other.state.energy.state_dict()[name], rtol=1e-3, atol=1e-4), name


def test_compiled_steps_of_several_seeds_are_recorded() -> None:
    """Compiled without type checkers, which do not compile."""
    command = [sys.executable, "-m", "tests.training.engines_agree", "inductor", "mining.arm=adversarial", DEVICE]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    away = json.loads(done.stdout)
    assert max(away["loss"], away["gradient"]) < 1e-4
    assert away["together"] < 1e-3


@contextmanager
def nothing_waits() -> Iterator[None]:
    """Let PyTorch raise at everything inside that waits for the GPU."""
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.parametrize("arm", ["none", "adversarial", "replay", "hard"])
def test_a_run_on_the_gpu_is_repeatable(trainer: Make, arm: str) -> None:
    words = (f"mining.arm={arm}", DEVICE)
    first, again = trainer(*words, folder="a"), trainer(*words, folder="b")
    for each in (first, again):
        assert each.run() == "finished"
    for name, value in first.state.energy.state_dict().items():
        assert torch.equal(value, again.state.energy.state_dict()[name]), name


@pytest.mark.parametrize("propose", [kind for kind in PROPOSALS.shipped if kind != "chains"])  # of finite data alone
def test_mining_and_a_step_on_the_gpu_read_nothing_back(trainer: Make, propose: str) -> None:
    made = trainer(*mining(propose), DEVICE)
    sampler, state, settings = made.sampler, made.state, made.curriculum.settings_at(0)
    draw = sampler.draw(0, settings, state.generators, state.memories)  # makes matrices, and the first of everything
    made.stepper.step(0, draw, settings, 1e-3)
    memory = state.memories.get("one")
    context = MiningContext(sampler.energy, sampler.task, draw.batch, draw.k, sampler.diffusion, sampler.solver, memory)
    with nothing_waits():
        draw.arms[0].miner.proposals(context, state.generators["mining"])
        made.stepper.step(1, draw, settings, 1e-3)


@pytest.mark.parametrize(
    "words", [*(mining(kind) for kind in PROPOSALS.shipped), *((f"mining.arm={arm}",) for arm in NAMED_ARMS)], ids=str
)
def test_a_whole_step_on_boards_reads_nothing_back(tmp_path: Path, words: tuple[str, ...]) -> None:
    made = build.trainer(read_run("sudoku-4", [*BOARDS, *words, DEVICE]), tmp_path)
    made.step()
    with nothing_waits():
        made.step()
    made.stepper.health.check()


@pytest.mark.parametrize("stop", ["never", "solved"])
def test_answers_of_the_gpu_are_those_of_the_cpu_to_rounding(tmp_path: Path, stop: str) -> None:
    train(read_run("sudoku-4", [*BOARDS, "training.steps=100", "compute.device=cpu"]), tmp_path / "run")
    here, there = (
        load(tmp_path / "run", overrides=[f"solve.stop={stop}", word]) for word in ("compute.device=cpu", DEVICE)
    )
    (batch,) = here.task.fixed("same", "test", 20)
    ours, theirs = (run.solve(batch.problems(), starts=5) for run in (here, there))
    apart = (theirs.solution.answers.cpu() - ours.solution.answers).abs()
    # Where two answers are as near, a landscape may take rounding to either: few entries, and none of a whole board.
    assert float((apart < 1e-3).float().mean()) > 0.99
    assert float(apart.max()) < 0.5
    assert theirs.solution.evaluations == pytest.approx(ours.solution.evaluations)
