"""`ravine solve` on graphs: JSON lines in, paths, a table and a picture out; weights fit graphs of every size."""

import json
from pathlib import Path

import pytest
from tests.cli.said import Ravine, one_line

SMALL = (
    "task.n=10",
    "task.n_harder=12",
    "task.distances=[2,4]",
    "training.steps=60",
    "training.validate_every=0",
    "evaluation.problems=20",
)
LINE = {"edges": [[0, 1], [1, 2], [2, 0]], "start": 0, "goal": 2}
LONG = {"edges": [[node, node + 1] for node in range(12)], "start": 2, "goal": 12}


@pytest.fixture(scope="module")
def graphs_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on graphs of 10 nodes, trained for a moment."""
    from ravine import read_run, train

    out = tmp_path_factory.mktemp("graphs") / "run"
    train(read_run("shortest-path", SMALL), out)
    return out


def test_paths_are_found_shown_and_drawn(ravine: Ravine, graphs_run: Path, tmp_path: Path) -> None:
    file = tmp_path / "graphs.jsonl"
    file.write_text(f"{json.dumps(LINE)}\n{json.dumps(LONG)}\n")
    out, figure = tmp_path / "paths.jsonl", tmp_path / "forming.png"
    done = ravine("solve", graphs_run, file, "--out", out, "--figure", figure, "--json")
    assert done.returncode == 0, done.stderr
    problems = json.loads(done.stdout)["problems"]
    assert [problem["shortest"] for problem in problems] == [2, 10]
    for problem, line in zip(problems, out.read_text().splitlines(), strict=True):
        assert problem["path"] == " ".join(map(str, json.loads(line)["path"]))
        assert problem["arrives"] >= problem["solved"]
    assert problems[0]["solved"], "a graph without a choice"
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_a_malformed_line_is_named(ravine: Ravine, graphs_run: Path, tmp_path: Path) -> None:
    file = tmp_path / "graphs.jsonl"
    file.write_text(f"{json.dumps(LINE)}\n" + '{"edges": [[0, 1]], "start": 0, "goal": 5}\n')
    done = ravine("solve", graphs_run, file, "--out", tmp_path / "paths.txt")
    assert done.returncode == 2
    assert "line 2: no path leads from 0 to 5" in one_line(done)
