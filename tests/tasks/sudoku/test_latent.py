"""Boards as latents: the autoencoders at hand, how one is made, and a task that is judged after decoding."""

import runpy
import sys
from pathlib import Path

import pytest
import torch

from ravine.config import read_run
from ravine.errors import ConfigurationError, InputError
from ravine.tasks.fixed import fixed_split
from ravine.tasks.sudoku.autoencoder import SHIPPED, load, trained
from ravine.tasks.sudoku.encoding import digits_of
from ravine.tasks.sudoku.latent import Latents, LatentSudoku, LatentSudokuConfig
from ravine.tasks.sudoku.shape import Box, square
from ravine.tasks.sudoku.task import Sudoku

PLAIN = Sudoku(Box(2, 3))
TASK = LatentSudoku(PLAIN, load(None, 6))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("n", [6, 9])
def test_autoencoders_that_ship_keep_every_board_right_or_wrong(n: int) -> None:
    box = square(n)
    assert box is not None
    task, latents = Sudoku(box), Latents(load(None, n))
    right = torch.cat([fixed_split(task, split, 500).batch.y for split in task.splits])
    assert torch.equal(latents.digits(latents.of(right)), digits_of(right))
    for rate in (0.05, 0.5, 1.0):
        wrong = task.space.corrupt(right, None, rate, generator(1))
        kept = latents.digits(latents.of(wrong)) == digits_of(wrong)
        assert kept.double().mean() > 1 - 1e-4
    noised = latents.of(right) + 0.05 * torch.randn((*right.shape[:3], 3), generator=generator(2))
    assert (latents.digits(noised) == digits_of(right)).double().mean() > 1 - 1e-4
    assert 0.3 < latents.of(right).square().mean().sqrt() < 0.8


def test_training_one_is_deterministic_and_from_training_boards_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = []
    stock = Sudoku.stock

    def noted(self: Sudoku, part: str, *arguments: object, **named: object) -> object:
        parts.append(part)
        return stock(self, part, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Sudoku, "stock", noted)
    first, again, other = (trained(PLAIN, 8, 20, seed).state_dict() for seed in (0, 0, 1))
    assert set(parts) == {"train"}
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["conv6.weight"], other["conv6.weight"])


def test_the_command_writes_what_the_task_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "own.safetensors"
    words = [str(file), "--n", "6", "--channels", "8", "--steps", "150"]
    monkeypatch.setattr(sys, "argv", ["autoencoder", *words])
    monkeypatch.delitem(sys.modules, "ravine.tasks.sudoku.autoencoder")
    runpy.run_module("ravine.tasks.sudoku.autoencoder", run_name="__main__")
    task = LatentSudokuConfig(n=6, autoencoder=str(file)).build()
    batch = fixed_split(task, "same", 50).batch
    assert task.metric("cells").values(batch, batch.y).mean() > 0.99
    assert not torch.equal(batch.y, fixed_split(TASK, "same", 50).batch.y)


def test_a_solution_is_judged_after_decoding_by_clues_and_rules() -> None:
    batch, plain = fixed_split(TASK, "harder", 40).batch, fixed_split(PLAIN, "harder", 40).batch
    assert batch.y.shape == (40, 6, 6, 3)  # the released reshape of 243 entries as 729 crashes
    assert batch.given is None
    assert torch.equal(TASK.latents.digits(batch.y), digits_of(plain.y))
    noise = 0.05 * torch.randn(batch.y.shape, generator=generator())
    assert TASK.solved(batch.problems(), batch.y + noise).all()
    other = batch.y.roll(1, 0)
    assert not TASK.solved(batch.problems(), other).any()
    assert (TASK.metric("consistency").values(batch, other) == 1).all()
    assert torch.equal(TASK.metric("solved").values(batch, other), TASK.solved(batch, other).float())


def test_corruption_redraws_empty_cells_alone() -> None:
    batch = fixed_split(TASK, "same", 100).batch
    wrong = TASK.corrupt(batch, 0.05, generator())
    changed = TASK.latents.digits(wrong) != TASK.latents.digits(batch.y)
    assert changed.flatten(1).any(1).all()
    assert not (changed & (batch.x > 0).any(-1)).any()


def test_rules_are_worth_what_they_are_on_boards() -> None:
    batch, plain = fixed_split(TASK, "harder", 100).batch, fixed_split(PLAIN, "harder", 100).batch
    for name, rule in TASK.baselines().items():
        here = TASK.solved(batch, rule.fit(iter(()))(batch.problems()))
        there = PLAIN.solved(plain, PLAIN.baselines()[name].fit(iter(()))(plain.problems()))
        assert torch.equal(here, there), name


def test_own_boards_are_read_and_answers_written_decoded(tmp_path: Path) -> None:
    plain, files = fixed_split(PLAIN, "same", 2).batch, TASK.files()
    rows = PLAIN.files().content(".csv", plain, plain.y).decode()
    (tmp_path / "boards.csv").write_text(rows)
    own = files.read(tmp_path / "boards.csv")
    assert own.batch.y.shape == (2, 6, 6, 3)
    answer = TASK.latents.of(plain.y.double())
    assert files.content(".csv", own.batch, answer).decode() == rows
    assert files.judged(own.batch, answer)["wrong_cells"] == [0, 0]
    assert files.shown(own.batch.rows(slice(1)), answer[:1]).count("|") == 6
    assert not files.pictures(own.batch.rows(slice(1)), answer[:1])[0].wrong.any()  # type: ignore[union-attr]


def test_files_that_are_no_autoencoder(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none ships for 8 x 8 boards; make one by .*--n 8"):
        load(None, 8)
    with pytest.raises(ConfigurationError, match="none ships"):
        read_run("sudoku-latent", ["task.n=8"]).task.build()  # type: ignore[union-attr]
    with pytest.raises(InputError, match="No such file"):
        load(str(tmp_path / "gone.safetensors"), 6)
    (tmp_path / "text.safetensors").write_text("text")
    with pytest.raises(InputError, match="no plain tensors"):
        load(str(tmp_path / "text.safetensors"), 6)
    torch.save(torch.zeros(3), tmp_path / "one.pt")
    with pytest.raises(InputError, match="no autoencoder of boards"):
        load(str(tmp_path / "one.pt"), 6)
    torch.save(load(None, 6).state_dict(), tmp_path / "six.pt")
    with pytest.raises(InputError, match=r"conv1\.weight is missing, or not of shape \(16, 4, 3, 3\) as n = 4 asks"):
        load(str(tmp_path / "six.pt"), 4)
    assert SHIPPED == (4, 6, 9)
