"""A user's own graphs: read, refused where they are malformed, their plans written, judged and drawn."""

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

from ravine.batch import Batch
from ravine.errors import InputError
from ravine.tasks.answers import one_hot
from ravine.tasks.plans.encoding import journeys_of
from ravine.tasks.plans.files import GraphFiles
from ravine.tasks.plans.rules import Exact

FILES = GraphFiles(8)
CHAIN = {"edges": [[i, i + 1] for i in range(10)], "start": 0, "goal": 10}
SMALL = {"edges": [[0, 1], [1, 2], [2, 0], [2, 2]], "start": 0, "goal": 2}


def written(folder: Path, *lines: object) -> Path:
    file = folder / "graphs.jsonl"
    file.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return file


def test_problems_of_any_size_are_read_as_one_size(tmp_path: Path) -> None:
    own = FILES.read(written(tmp_path, SMALL, "", CHAIN))
    assert own.fields == {"n": 11, "steps": 10}, "as many nodes as the largest has, as many moves as the longest path"
    assert own.batch.x.shape == (2, 11, 11, 4)
    assert own.batch.y.shape == (2, 10, 11)
    journeys = journeys_of(own.batch.x)
    assert journeys.edges[0].nonzero().tolist() == [[0, 1], [1, 2], [2, 0]], "no edge leads from a node to itself"
    assert journeys.start.tolist() == [0, 0]
    assert journeys.goal.tolist() == [2, 10]
    few = FILES.read(written(tmp_path, SMALL))
    assert few.fields == {"n": 8, "steps": 8}


def solved(tmp_path: Path) -> tuple[Batch, Tensor]:
    problems = FILES.read(written(tmp_path, SMALL, CHAIN)).batch
    return problems, Exact().predict(problems)


def test_plans_are_written_as_the_nodes_visited(tmp_path: Path) -> None:
    problems, answer = solved(tmp_path)
    assert FILES.content(".txt", problems, answer).decode().splitlines() == ["0 1 2", "0 1 2 3 4 5 6 7 8 9 10"]
    assert [json.loads(line) for line in FILES.content(".jsonl", problems, answer).splitlines()] == [
        {"path": [0, 1, 2]},
        {"path": list(range(11))},
    ]


def test_plans_are_judged_and_drawn(tmp_path: Path) -> None:
    problems, answer = solved(tmp_path)
    lost = one_hot(torch.full(answer.shape[:2], 5), 11).double()
    judged = FILES.judged(problems, torch.cat([answer[:1], lost[1:]]))
    assert judged["arrives"] == [True, False]
    assert judged["shortest"] == [2, 10]
    assert judged["path"][0] == "0 1 2"
    good, bad = FILES.pictures(problems.rows(slice(1)), torch.cat([answer[:1], lost[:1]]))
    assert good.values.shape == (10, 11)
    assert good.wrong is not None
    assert not good.wrong.any()
    assert bad.wrong is not None
    assert bad.wrong.sum() == 10
    assert good.texts is not None
    assert good.texts[0][1] == "1"


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ([], "holds no problem"),
        (["{"], "line 1: no JSON"),
        ([SMALL, [1, 2]], "line 2: needs edges, start and goal"),
        ([{"edges": [], "start": 0}], "needs edges, start and goal, and nothing else"),
        ([{**SMALL, "edges": [[0, 1, 2]]}], "edges are pairs of nodes"),
        ([{**SMALL, "edges": 3}], "edges are pairs of nodes"),
        ([{**SMALL, "start": -1}], "whole numbers from 0 to 999, not -1"),
        ([{**SMALL, "goal": True}], "not true"),
        ([{**SMALL, "edges": [[0, 1e3]]}], "not 1000.0"),
        ([{**SMALL, "goal": 7}], "line 1: no path leads from 0 to 7"),
    ],
)
def test_malformed_files_are_refused_in_one_line(tmp_path: Path, lines: list[object], fault: str) -> None:
    with pytest.raises(InputError, match=fault) as raised:
        FILES.read(written(tmp_path, *lines))
    assert "\n" not in str(raised.value)


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        FILES.read(tmp_path / "none.jsonl")
    (tmp_path / "bytes.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read as text"):
        FILES.read(tmp_path / "bytes.jsonl")
