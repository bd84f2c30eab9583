"""A user's own families: a line for each person."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ravine.errors import InputError
from ravine.tasks.families.files import FamilyFiles
from ravine.tasks.families.people import DAUGHTER, FATHER, MOTHER, SON
from ravine.tasks.families.task import Families

PEOPLE = np.array(
    [[-1, -1, 0], [-1, -1, 1], [0, 1, 0], [0, 1, 0], [-1, -1, 1], [2, 4, 1], [2, 4, 0], [-1, -1, 0]], dtype=float
)
"""0 and 1 have the sons 2 and 3; 2 and 4 a daughter, 5, and a son, 6: their uncles are 2, the father, and 3."""


def changed(person: int, column: int, value: float) -> np.ndarray:
    people = PEOPLE.copy()
    people[person, column] = value
    return people


@pytest.mark.parametrize("suffix", [".npy", ".csv"])
def test_families_are_read_and_their_relations_written(tmp_path: Path, suffix: str) -> None:
    file, files, task = tmp_path / f"people{suffix}", FamilyFiles("uncle"), Families("uncle")
    np.save(file, PEOPLE) if suffix == ".npy" else np.savetxt(file, PEOPLE, delimiter=",")
    own = files.read(file)
    assert own.fields == {"n": 8}
    told = {tuple(entry) for entry in (own.batch.x[0] > 0).nonzero().tolist()}
    assert {(5, 2, FATHER), (6, 4, MOTHER), (2, 6, SON), (4, 5, DAUGHTER), (1, 3, SON)} <= told
    assert len(told) == 16
    answer = torch.full((1, 8, 8), -0.4, dtype=torch.float64)
    answer[0, [5, 5, 6, 6], [2, 3, 2, 3]] = 0.4
    assert task.solved(own.batch, answer).all()
    assert files.judged(own.batch, answer) == {"people": [8], "wrong": [0]}
    assert files.judged(own.batch, -answer) == {"people": [8], "wrong": [64]}
    (picture,) = files.pictures(own.batch, -answer)
    assert picture.wrong is not None
    assert picture.wrong.all()
    out = tmp_path / f"out{suffix}"
    out.write_bytes(files.content(suffix, own.batch, answer))
    written = np.load(out)[0] if suffix == ".npy" else np.loadtxt(out, delimiter=",")
    assert np.array_equal(written, (answer[0].numpy() > 0).astype(float))


def test_answers_about_people_are_one_row(tmp_path: Path) -> None:
    np.save(tmp_path / "people.npy", np.stack([PEOPLE, PEOPLE]))
    files, task = FamilyFiles("has-father"), Families("has-father")
    own = files.read(tmp_path / "people.npy")
    right = torch.tensor([[-1, -1, 1, 1, -1, 1, 1, -1.0]] * 2, dtype=torch.float64)
    assert task.solved(own.batch, right).all()
    (picture,) = files.pictures(own.batch.rows(slice(0, 1)), right[:1])
    assert picture.values.shape == (1, 8)
    assert files.content(".csv", own.batch, right) == b"0,0,1,1,0,1,1,0\n" * 2


@pytest.mark.parametrize(
    ("people", "said"),
    [
        (PEOPLE[:, :2], r"\(8, 2\) numbers; write a line father, mother, woman for each person"),
        (PEOPLE[0], "write a line father, mother, woman"),
        (np.array(2.0), "write a line father, mother, woman"),
        (PEOPLE[:5], "5 people; a family needs 8 or more"),
        (changed(3, 2, 2), "person 3 has woman = 2; write 1 for a woman, 0 for a man"),
        (changed(5, 0, 8), "person 5 has father 8; people are 0 to 7, -1 unknown"),
        (changed(5, 1, 2.5), "person 5 has mother 2.5; people are 0 to 7"),
        (changed(5, 0, 4), "person 5 has father 4, who is a woman"),
        (changed(5, 1, 3), "person 5 has mother 3, who is a man"),
        (changed(0, 0, 6), "person 0 is an ancestor of their own"),
        (np.stack([PEOPLE, changed(5, 0, 4)]), "family 1: person 5 has father 4"),
        (changed(5, 0, np.nan), "person 5 has father nan"),
    ],
)
def test_what_is_no_family_is_one_line(tmp_path: Path, people: np.ndarray, said: str) -> None:
    np.save(tmp_path / "people.npy", people)
    with pytest.raises(InputError, match=said) as error:
        FamilyFiles("uncle").read(tmp_path / "people.npy")
    assert "\n" not in str(error.value)
