"""`ravine solve`: a user's own matrices."""

import errno
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.cli.said import Ravine, one_line

from ravine import arrays, load, runs, solving
from ravine.config import read_run

Array = NDArray[np.float64]


def matrices(count: int = 3, n: int = 4) -> Array:
    r = np.random.default_rng(0).uniform(-1, 1, (count, n, n))
    return 2 * r @ r.transpose(0, 2, 1) + 0.5 * np.eye(n)


def as_npy(path: Path, stack: Array) -> Path:
    np.save(path.with_suffix(".npy"), stack)
    return path.with_suffix(".npy")


def as_npz(path: Path, stack: Array) -> Path:
    np.savez(path.with_suffix(".npz"), stack)
    return path.with_suffix(".npz")


def as_csv(path: Path, stack: Array) -> Path:
    np.savetxt(path.with_suffix(".csv"), stack.reshape(-1, stack.shape[-1]), delimiter=",", fmt="%.17g")
    return path.with_suffix(".csv")


FORMATS = pytest.mark.parametrize("write", [as_npy, as_npz, as_csv])


@FORMATS
@pytest.mark.parametrize("count", [1, 3])
def test_every_format_gives_the_same_answers(
    ravine: Ravine, finished_run: Path, tmp_path: Path, write: Callable[[Path, Array], Path], count: int
) -> None:
    given = matrices(count)
    reference = tmp_path / "reference.npy"
    ravine("solve", finished_run, as_npy(tmp_path / "plain", given), "--out", reference)
    file = write(tmp_path / "given", given[0] if count == 1 else given)
    done = ravine("solve", finished_run, file, "--out", tmp_path / "y.npy", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    answers = np.load(tmp_path / "y.npy")
    assert answers.shape == (count, 4, 4)
    assert np.array_equal(answers, np.load(reference))
    assert len(json.loads(done.stdout)["problems"]) == count


@FORMATS
def test_a_file_is_read_solved_and_written_in_pieces(
    ravine: Ravine,
    finished_run: Path,
    tmp_path: Path,
    write: Callable[[Path, Array], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(solving, "ENTRIES_AT_ONCE", 3 * 16)
    given = matrices(8)
    file, answers = write(tmp_path / "given", given), load(finished_run).solve(given).answer.numpy()
    for entries, suffix in ((2 * 16, ".npy"), (5 * 16, ".csv")):
        monkeypatch.setattr(arrays, "ENTRIES", entries)
        out = tmp_path / f"y{suffix}"
        done = ravine("solve", finished_run, file, "--out", out, "--json")
        rows = json.loads(done.stdout)["problems"]
        assert len(rows) == 8
        exact = np.linalg.inv(given)
        assert [row["mse"] for row in rows] == pytest.approx([*((answers - exact) ** 2).mean((1, 2))], rel=1e-6)
        with io.BytesIO() as expected:
            if suffix == ".npy":
                np.save(expected, answers)
            else:
                np.savetxt(expected, answers.reshape(-1, 4), delimiter=",", fmt="%.9g")
            assert out.read_bytes() == expected.getvalue()
    given[6] = 0.0
    line = one_line(ravine("solve", finished_run, write(tmp_path / "given", given), "--out", tmp_path / "none.npy"))
    assert line.endswith("matrix 1 is singular; it has no inverse; counted from problem 5")
    assert not list(tmp_path.glob("*none*"))


def test_the_numbers_told_are_those_of_the_answers(ravine: Ravine, finished_run: Path, tmp_path: Path) -> None:
    given = matrices()
    out = tmp_path / "y.npy"
    words = [finished_run, as_npy(tmp_path / "given", given), "--out", out]
    content: dict[str, Any] = json.loads(ravine("solve", *words, "--json").stdout)
    assert content["wrote"] == [str(out)]
    for a, y, told in zip(given, np.load(out), content["problems"], strict=True):
        exact = np.linalg.inv(a)
        residual = np.linalg.norm(a @ y - np.eye(4)) / 2
        assert told["residual"] == pytest.approx(residual)
        assert told["distance"] == pytest.approx(np.linalg.norm(y - exact) / np.linalg.norm(exact))
        assert told["mse"] == pytest.approx(((y - exact) ** 2).mean())
        assert told["condition"] == pytest.approx(np.linalg.cond(a))
    table = ravine("solve", *words).stdout
    assert "|AY - I|" in table
    assert str(out) in table


def test_csv_holds_the_answers_below_one_another(ravine: Ravine, finished_run: Path, tmp_path: Path) -> None:
    given = as_npy(tmp_path / "given", matrices())
    for name in ("y.npy", "folder/y.csv"):
        assert ravine("solve", finished_run, given, "--out", tmp_path / name, "--quiet").returncode == 0
    rows = np.loadtxt(tmp_path / "folder" / "y.csv", delimiter=",")
    np.testing.assert_allclose(rows.reshape(3, 4, 4), np.load(tmp_path / "y.npy"), rtol=1e-8)


def test_answers_do_not_take_the_place_of_their_problems(ravine: Ravine, finished_run: Path, tmp_path: Path) -> None:
    file = as_npy(tmp_path / "given", matrices(1))
    before = file.read_bytes()
    assert "holds the problems" in one_line(ravine("solve", finished_run, file, "--out", tmp_path / "." / "given.npy"))
    assert file.read_bytes() == before


@pytest.mark.parametrize("of_the_machine", [True, False])
def test_memory_that_there_is_not_is_one_line(
    ravine: Ravine, finished_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of_the_machine: bool
) -> None:
    """PyTorch's own refusal of a million terabytes, and one of Python, which does not say how much it was."""

    def refuse(*words: object) -> None:
        raise MemoryError

    if not of_the_machine:
        monkeypatch.setattr(runs.LoadedRun, "stream", refuse)
    file = as_npy(tmp_path / "given", matrices(1))
    line = one_line(ravine("solve", finished_run, file, "--out", tmp_path / "y.npy", "--starts", 10**16))
    assert ("not enough memory for 640,000,000 GB;" in line) if of_the_machine else ("not enough memory;" in line)


def test_a_figure_is_a_png(ravine: Ravine, finished_run: Path, tmp_path: Path) -> None:
    figure = tmp_path / "folder" / "forming.png"
    words = [finished_run, as_npy(tmp_path / "given", matrices(1)), "--out", tmp_path / "y.npy", "--figure", figure]
    assert str(figure) in ravine("solve", *words).stdout
    assert figure.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert figure.stat().st_size > 5000


def test_seed_steps_and_restarts_reach_the_solver(ravine: Ravine, finished_run: Path, tmp_path: Path) -> None:
    given = as_npy(tmp_path / "given", matrices())

    def answers(*words: object) -> tuple[Array, int]:
        done = ravine("solve", finished_run, given, "--out", tmp_path / "y.npy", "--json", *words)
        return np.load(tmp_path / "y.npy"), json.loads(done.stdout)["energy_evaluations"]

    first, cost = answers()
    assert np.array_equal(first, answers()[0])
    assert not np.array_equal(first, answers("--seed", 1)[0])
    assert answers("--starts", 2)[1] == 2 * (cost + 1)  # ranking takes one more each
    assert answers("--steps", 0)[1] < cost


def test_more_than_twenty_matrices_are_told_in_short(ravine: Ravine, finished_run: Path, tmp_path: Path) -> None:
    given = as_npy(tmp_path / "given", matrices(25))
    assert "... and 5 more" in ravine("solve", finished_run, given, "--out", tmp_path / "y.npy").stdout
    done = ravine("solve", finished_run, given, "--out", tmp_path / "y.npy", "--quiet")
    assert (done.stdout, done.stderr) == ("", "")


@pytest.fixture(scope="session")
def size_free_run(tmp_path_factory: pytest.TempPathFactory, tiny: list[str]) -> Path:
    """A run on 4 x 4 inversion whose energy has no size in its weights."""
    out = tmp_path_factory.mktemp("size-free") / "run"
    words = [word for word in tiny if not word.startswith("energy")]
    small = ["energy.channels=4", "energy.layers=1", "energy.products=2", "optimizer.warmup=0"]
    assert runs.train(read_run("inverse-quick", [*words, *small]), out) == "finished"
    return out


def told(ravine: Ravine, run: Path, file: Path, out: Path) -> tuple[Array, list[dict[str, float]]]:
    done = ravine("solve", run, file, "--out", out, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    rows: list[dict[str, float]] = json.loads(done.stdout)["problems"]
    return np.load(out), rows


@pytest.mark.parametrize("scale", [1e25, 1e3, 1e-30])
def test_matrices_of_any_scale_are_solved_alike(
    ravine: Ravine, finished_run: Path, tmp_path: Path, scale: float
) -> None:
    plain, before = told(ravine, finished_run, as_npy(tmp_path / "a", matrices()), tmp_path / "y.npy")
    scaled, after = told(ravine, finished_run, as_npy(tmp_path / "b", scale * matrices()), tmp_path / "z.npy")
    np.testing.assert_allclose(scaled * scale, plain, rtol=1e-4, atol=1e-5)
    for key in ("residual", "distance", "energy"):
        np.testing.assert_allclose([row[key] for row in after], [row[key] for row in before], rtol=1e-3)


def test_another_size_is_solved_where_the_weights_have_none(
    ravine: Ravine, size_free_run: Path, tmp_path: Path
) -> None:
    answers, rows = told(ravine, size_free_run, as_npy(tmp_path / "a", matrices(2, 6)), tmp_path / "y.npy")
    assert answers.shape == (2, 6, 6)
    residual = np.linalg.norm(matrices(2, 6) @ answers - np.eye(6), axis=(1, 2)) / np.sqrt(6)
    np.testing.assert_allclose([row["residual"] for row in rows], residual, rtol=1e-5)


def test_a_spreadsheets_file_is_read_as_it_is(ravine: Ravine, finished_run: Path, tmp_path: Path) -> None:
    given = matrices(1)
    reference, _ = told(ravine, finished_run, as_npy(tmp_path / "a", given), tmp_path / "y.npy")
    lines = [";".join(f"{entry:.17g}".replace(".", ",") for entry in row) for row in given[0]]
    file = text(tmp_path / "x.CSV", "\ufeff" + "\r\n".join(['"a";"b";"c";"d"', *lines]) + "\r\n")
    answers, _ = told(ravine, finished_run, file, tmp_path / "z.NPY")
    assert np.array_equal(answers, reference)


def spoilt(index: int, value: float) -> Array:
    given = matrices()
    given[index, 1, 2] = value
    return given


def singular() -> Array:
    given = matrices()
    given[2] = np.outer(np.arange(1, 5), np.arange(1, 5))
    return given


@FORMATS
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (matrices()[:, :3].reshape(9, 4)[:3], "3 x 4, not square"),
        (matrices(1, 5)[0], "problems of task.n=5, but the run was trained on inverse/4x4"),
        (matrices(2, 5), "problems of task.n=5, but the run was trained on inverse/4x4"),
        (spoilt(1, np.nan), "problem 1 has entries that are not finite"),
        (spoilt(0, -np.inf), "problem 0 has entries that are not finite"),
        (spoilt(2, 1e300), "problem 2 has entries that are not finite"),
        (singular(), "matrix 2 is singular"),
        (np.zeros((4, 4)), "matrix 0 is singular"),
    ],
    ids=["rectangle", "other n", "stack of other n", "nan", "inf", "too large", "singular", "zero"],
)
def test_matrices_that_do_not_fit(
    ravine: Ravine,
    finished_run: Path,
    tmp_path: Path,
    write: Callable[[Path, Array], Path],
    given: Array,
    expected: str,
) -> None:
    file = write(tmp_path / "given", given)
    line = one_line(ravine("solve", finished_run, file, "--out", tmp_path / "y.npy"))
    assert expected in line
    assert file.name in line
    assert not (tmp_path / "y.npy").exists()


def text(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def two_arrays(path: Path) -> Path:
    np.savez(path, a=matrices(), b=matrices())
    return path


def saved(path: Path, array: Any) -> Path:
    np.save(path, array)
    return path


FILES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "missing": (lambda folder: folder / "gone.npy", "no such file"),
    "directory": (lambda folder: folder.parent, "not a .npy, .npz or .csv file"),
    "unknown": (lambda folder: text(folder / "x.txt", "1"), "not a .npy, .npz or .csv file"),
    "empty npy": (lambda folder: text(folder / "x.npy", ""), "cannot be read"),
    "empty csv": (lambda folder: text(folder / "x.csv", ""), "x.csv"),
    "words": (lambda folder: text(folder / "x.csv", "a,b\nc,d\n"), "cannot be read as numbers"),
    "ragged": (lambda folder: text(folder / "x.csv", "1,2\n3\n"), "cannot be read as numbers"),
    "bytes": (lambda folder: text(folder / "x.csv", b"\xff\xfe\x00"), "cannot be read as numbers"),
    "broken zip": (lambda folder: text(folder / "x.npz", b"PK\x03\x04 and no more"), "cannot be read"),
    "rows": (lambda folder: as_csv(folder / "x", np.ones((6, 4))), "6 rows of 4 numbers"),
    "two arrays": (lambda folder: two_arrays(folder / "x.npz"), "2 arrays (a, b)"),
    "pickle": (lambda folder: saved(folder / "x.npy", np.array([{}, None], dtype=object)), "Python objects"),
    "pickle in zip": (lambda folder: as_npz(folder / "x", np.array([{}], dtype=object)), "allow_pickle=False"),
    "complex": (lambda folder: saved(folder / "x.npy", 1j * matrices()), "not real numbers"),
    "strings": (lambda folder: saved(folder / "x.npy", np.full((4, 4), "1")), "not real numbers"),
    "vector": (lambda folder: saved(folder / "x.npy", np.ones(4)), "an array of shape (4,)"),
    "four axes": (lambda folder: saved(folder / "x.npy", np.ones((1, 1, 4, 4))), "an array of shape (1, 1, 4, 4)"),
    "no matrix": (lambda folder: saved(folder / "x.npy", np.ones((0, 4, 4))), "holds no problem"),
}


@pytest.mark.parametrize("kind", FILES)
def test_files_that_cannot_be_used(ravine: Ravine, finished_run: Path, tmp_path: Path, kind: str) -> None:
    make, expected = FILES[kind]
    line = one_line(ravine("solve", finished_run, make(tmp_path), "--out", tmp_path / "y.npy"))
    assert expected in line
    assert not (tmp_path / "y.npy").exists()


def test_whole_numbers_and_booleans_are_numbers(ravine: Ravine, finished_run: Path, tmp_path: Path) -> None:
    for array in (np.eye(4, dtype=np.int32) * 2, np.eye(4, dtype=bool)):
        file = saved(tmp_path / "x.npy", array)
        assert ravine("solve", finished_run, file, "--out", tmp_path / "y.npy", "--quiet").returncode == 0


def test_outputs_that_cannot_be_written(
    ravine: Ravine, finished_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = as_npy(tmp_path / "given", matrices())
    assert ".npy or .csv" in one_line(ravine("solve", finished_run, given, "--out", tmp_path / "y.txt"))
    below = given / "y.npy"
    assert "given.npy" in one_line(ravine("solve", finished_run, given, "--out", below))
    out = tmp_path / "y.npy"
    ravine("solve", finished_run, given, "--out", out)
    before = out.read_bytes()

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    assert "No space left" in one_line(ravine("solve", finished_run, given, "--out", out, "--seed", 1))
    assert out.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["given.npy", "y.npy"]
