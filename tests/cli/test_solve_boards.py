"""`ravine solve` on boards: text and CSV in, answers, a table and a picture out; bad boards get one clear line each."""

import json
from pathlib import Path

import pytest
from tests.cli.said import Ravine, one_line

SMALL = (
    *("task.boards=60", "training.steps=10", "training.batch=32", "training.validate_every=0"),
    *("evaluation.problems=20", "energy.rounds=4", "diffusion.landscapes=4"),
)


@pytest.fixture(scope="module")
def boards_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on 4 x 4 boards, trained for a moment."""
    from ravine import read_run, train

    out = tmp_path_factory.mktemp("boards") / "run"
    train(read_run("sudoku-4", SMALL), out)
    return out


def board() -> tuple[str, str]:
    from ravine.tasks.sudoku.boards import make_boards
    from ravine.tasks.sudoku.shape import Box
    from ravine.tasks.sudoku.text import write_board

    made = make_boards(Box(2, 2), "test", "same", 1, 3)
    return write_board(made.puzzle[0]), write_board(made.solution[0])


def test_boards_are_solved_shown_and_drawn(ravine: Ravine, boards_run: Path, tmp_path: Path) -> None:
    puzzle, _ = board()
    file = tmp_path / "boards.txt"
    file.write_text(f"{puzzle}\n{puzzle.replace('.', '0')}\n")
    done = ravine("solve", boards_run, file, "--out", tmp_path / "answers.txt", "--figure", tmp_path / "forming.png")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("-----+-----") == 2
    for column in ("solved", "clues", "wrong cells", "energy"):
        assert column in done.stdout
    answers = (tmp_path / "answers.txt").read_text().splitlines()
    assert len(answers) == 2
    assert all(clue in (".", digit) for answer in answers for clue, digit in zip(puzzle, answer, strict=True))
    assert (tmp_path / "forming.png").read_bytes().startswith(b"\x89PNG")


def test_csv_keeps_puzzle_and_answer(ravine: Ravine, boards_run: Path, tmp_path: Path) -> None:
    puzzle, solution = board()
    file = tmp_path / "boards.csv"
    file.write_text(f"puzzle,solution\n{puzzle},{solution}\n")
    done = ravine("solve", boards_run, file, "--out", tmp_path / "answers.csv", "--starts", "8", "--json")
    content = json.loads(done.stdout)
    assert (tmp_path / "answers.csv").read_text().splitlines()[0] == "puzzle,solution"
    (problem,) = content["problems"]
    assert problem["solved"] == (problem["wrong_cells"] == 0)
    assert problem["clues"] == len(puzzle) - puzzle.count(".")


def test_boards_of_another_size_are_solved_by_the_same_weights(
    ravine: Ravine, boards_run: Path, tmp_path: Path
) -> None:
    from ravine.tasks.sudoku.boards import make_boards
    from ravine.tasks.sudoku.shape import Box
    from ravine.tasks.sudoku.text import write_board

    puzzle = write_board(make_boards(Box(2, 3), "test", "same", 1, 3).puzzle[0])
    file = tmp_path / "six.txt"
    file.write_text(puzzle + "\n")
    done = ravine("solve", boards_run, file, "--out", tmp_path / "answers.txt", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert len((tmp_path / "answers.txt").read_text().strip()) == 36


def test_the_verifier_stops_what_it_takes_for_right_where_it_is_asked_for(
    ravine: Ravine, boards_run: Path, tmp_path: Path
) -> None:
    file = tmp_path / "boards.txt"
    file.write_text("\n".join(board()[1] for _ in range(3)) + "\n")  # whole boards: solved by the first start
    words = ("solve", boards_run, file, "--out", tmp_path / "answers.txt", "--starts", 8)
    plain, stopped = (json.loads(ravine(*words, "--json", *more).stdout) for more in ((), ("solve.stop=solved",)))
    assert stopped["energy_evaluations"] == plain["energy_evaluations"] / 8
    assert all(problem["solved"] for problem in stopped["problems"])
    done = ravine(*words, "solve.stop=solved")
    assert "energy evaluations per problem, stopped by the task's verifier" in done.stdout
    assert "task's verifier" not in ravine(*words).stdout
    assert "solve.stop" in one_line(ravine(*words, "solve.stop=right"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1..4..1..1..4..", "15 characters"),
        ("x..4..1..1..4..1", "'x' at row 1, column 1"),
        ("11..............", "clues clash"),
        ("12..34......5...", "'5' at row 4, column 1"),
        ("................", "several solutions"),
        ("123...4.........", "no solution"),
        ("", "no board"),
    ],
)
def test_bad_boards_are_one_line_each(ravine: Ravine, boards_run: Path, tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "bad.txt"
    file.write_text(text + "\n")
    line = one_line(ravine("solve", boards_run, file, "--out", tmp_path / "answers.txt"))
    assert str(file) in line
    assert words in line


def test_answers_go_to_a_file_of_boards(ravine: Ravine, boards_run: Path, tmp_path: Path) -> None:
    file = tmp_path / "boards.txt"
    file.write_text(board()[0])
    assert ".txt or .csv" in one_line(ravine("solve", boards_run, file, "--out", tmp_path / "answers.npy"))
