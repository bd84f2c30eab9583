"""`ravine solve` and `ravine evaluate` on boards whose clues are images, and on boards whose answers are latents."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.cli.said import Ravine, one_line
from tests.cli.test_solve_boards import board

from ravine import read_run, train
from ravine.tasks.fixed import fixed_split
from ravine.tasks.sudoku.text import write_board
from ravine.tasks.sudoku.visual import VisualSudokuConfig

SMALL = (
    "task.n=4",
    "task.boards=60",
    "training.steps=6",
    "training.validate_every=0",
    "evaluation.problems=20",
    "diffusion.landscapes=3",
)


@pytest.fixture(scope="module")
def visual_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on 4 x 4 boards of images, trained for a moment."""
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    out = tmp_path_factory.mktemp("visual") / "run"
    train(
        read_run(
            "sudoku-visual",
            [
                *SMALL,
                "energy.rounds=4",
                "solve.rounds=3",
                "solve.rank_rounds=3",
                "energy.channels=4",
                "energy.units=16",
            ],
        ),
        out,
    )
    return out


@pytest.fixture(scope="module")
def latent_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on 4 x 4 boards with latents for answers, trained for a moment."""
    out = tmp_path_factory.mktemp("latent") / "run"
    train(read_run("sudoku-latent", [*SMALL, "energy.channels=8", "energy.blocks=2"]), out)
    return out


def test_images_are_solved_shown_and_drawn(ravine: Ravine, visual_run: Path, tmp_path: Path) -> None:
    batch = fixed_split(VisualSudokuConfig(n=4).build(), "same", 2).batch
    np.save(tmp_path / "boards.npy", batch.x.reshape(2, 4, 4, 8, 8).numpy())
    figure, out = tmp_path / "forming.png", tmp_path / "answers.txt"
    done = ravine("solve", visual_run, tmp_path / "boards.npy", "--out", out, "--figure", figure)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("-----+-----") == 2
    assert "consistent" in done.stdout
    assert [len(line) for line in out.read_text().split()] == [16, 16]
    assert figure.read_bytes().startswith(b"\x89PNG")
    np.save(tmp_path / "one.npy", batch.x[0, 0].numpy())
    assert "an array of shape (4, 64)" in one_line(ravine("solve", visual_run, tmp_path / "one.npy"))


def test_boards_with_latent_answers_are_solved_as_text(ravine: Ravine, latent_run: Path, tmp_path: Path) -> None:
    puzzle, solution = board()
    (tmp_path / "boards.csv").write_text(f"{puzzle},{solution}\n")
    done = ravine("solve", latent_run, tmp_path / "boards.csv", "--out", tmp_path / "answers.csv", "--json")
    (problem,) = json.loads(done.stdout)["problems"]
    assert problem["solved"] == (problem["wrong_cells"] == 0)
    assert (tmp_path / "answers.csv").read_text().splitlines()[1].startswith(puzzle + ",")
    larger = write_board(fixed_split(VisualSudokuConfig(n=6).build(), "same", 1).batch.y[0].argmax(-1) + 1)
    (tmp_path / "larger.txt").write_text(larger)
    assert "fit no other size" in one_line(ravine("solve", latent_run, tmp_path / "larger.txt"))


@pytest.mark.parametrize("kind", ["visual_run", "latent_run"])
def test_scores_by_clues_hold_every_board(kind: str, ravine: Ravine, request: pytest.FixtureRequest) -> None:
    run = request.getfixturevalue(kind)
    done = json.loads(ravine("evaluate", run, "--by-condition", "--json").stdout)
    for bands in done["splits"].values():
        assert sum(band["problems"] for band in bands) == 20
        assert all(4 <= band["low"] <= 8 for band in bands)
