"""A user's own graphs: adjacency matrices in the forms that people have them."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ravine.errors import InputError
from ravine.tasks.graphs.files import GraphFiles
from ravine.tasks.graphs.task import Connectivity

FILES, TASK = GraphFiles(), Connectivity()


def chain(n: int = 6) -> np.ndarray:
    """Return the links of a chain of nodes that is cut before the last."""
    links = np.eye(n, k=1) + np.eye(n, k=-1)
    links[n - 2, n - 1] = links[n - 1, n - 2] = 0
    return links


@pytest.mark.parametrize("suffix", [".npy", ".csv"])
@pytest.mark.parametrize("of", [chain(), 2 * chain() - 1, chain() + np.eye(6)], ids=["0/1", "-1/1", "loops"])
def test_graphs_are_read_and_their_closures_written(tmp_path: Path, suffix: str, of: np.ndarray) -> None:
    file = tmp_path / f"graphs{suffix}"
    np.save(file, np.stack([of, of])) if suffix == ".npy" else np.savetxt(file, np.concatenate([of, of]), delimiter=",")
    own = FILES.read(file)
    assert own.fields == {"n": 6}
    assert torch.equal(own.batch.x[..., 0], torch.from_numpy(2 * np.stack([chain()] * 2) - 1))
    right = torch.ones(6, 6, dtype=torch.float64)
    right[5, :5] = right[:5, 5] = -1
    answer = torch.stack([right, -right]) * 0.3
    assert TASK.solved(own.batch, answer).tolist() == [True, False]
    assert FILES.judged(own.batch, answer) == {"nodes": [6, 6], "links": [4, 4], "wrong_pairs": [0, 36]}
    out = tmp_path / f"out{suffix}"
    out.write_bytes(FILES.content(suffix, own.batch, answer))
    written = np.load(out) if suffix == ".npy" else np.loadtxt(out, delimiter=",").reshape(2, 6, 6)
    assert np.array_equal(written[0], (right.numpy() + 1) / 2)
    (picture,) = FILES.pictures(own.batch.rows(slice(0, 1)), answer[1:])
    assert picture.wrong is not None
    assert picture.wrong.all()


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros((6, 5)), "6 x 5 numbers; adjacency is n x n"),
        (np.zeros((3, 3)), "3 x 3 numbers; adjacency is n x n, of 5 nodes or more"),
        (np.full((6, 6), 2.0), "graph 0 has entries 2; write 0 and 1, or -1 and 1"),
        (np.eye(6, k=1) - np.eye(6, k=-1), "graph 0 has entries -1, 0, 1; write"),
        (np.stack([chain(), np.eye(6, k=1)]), "graph 1 links 0 to 1 one way alone; links must hold both ways"),
        (np.zeros((0, 6, 6)), "holds no problem"),
        (np.full((6, 6), np.nan), "not finite"),
    ],
)
def test_what_is_no_graph_is_one_line(tmp_path: Path, array: np.ndarray, said: str) -> None:
    np.save(tmp_path / "graphs.npy", array)
    with pytest.raises(InputError, match=said) as error:
        FILES.read(tmp_path / "graphs.npy")
    assert "\n" not in str(error.value)
