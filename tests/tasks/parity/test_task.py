"""Parity: problems, rules, SATNet's files and a user's own."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from ravine.errors import InputError
from ravine.tasks.base import Purpose
from ravine.tasks.fixed import fixed_split
from ravine.tasks.parity.files import StringFiles
from ravine.tasks.parity.satnet import read_folder
from ravine.tasks.parity.strings import parity
from ravine.tasks.parity.task import Parity, ParityConfig

GENERATOR = torch.Generator().manual_seed(0)
PURPOSES: tuple[Purpose, ...] = ("test", "validation")


def task(**fields: object) -> Parity:
    made = ParityConfig.model_validate(fields).build()
    assert isinstance(made, Parity)
    return made


def test_a_string_is_odd_where_its_signs_multiply_to_it() -> None:
    batch = task().sample(200, GENERATOR, dtype=torch.float64)
    assert batch.x.shape == (200, 20)
    assert batch.x.abs().eq(1).all()
    torch.testing.assert_close(batch.y[:, 0], -(-batch.x).prod(1))
    assert torch.equal(batch.y[:, 0] > 0, (batch.x > 0).sum(1) % 2 == 1)


def test_splits_have_their_lengths_and_others_are_unknown() -> None:
    made = task(length=8, harder=9, longest=12)
    lengths = [made.sample(2, GENERATOR, split).x.shape[1] for split in (*made.splits, *made.further_splits)]
    assert lengths == [8, 9, 12]
    with pytest.raises(InputError, match="no split 'long'; it has same, harder, longest"):
        made.length_of("long")


def test_fixed_sets_hold_no_string_twice_and_none_of_training() -> None:
    made = task()
    test, validation = (
        set(map(tuple, torch.cat([part.x for part in made.fixed("same", purpose, 3000)]).tolist()))
        for purpose in PURPOSES
    )
    trained = set(map(tuple, made.sample(20_000, GENERATOR, dtype=torch.float64).x.tolist()))
    assert (len(test), len(validation)) == (3000, 3000)
    assert len(test | validation | trained) == 6000 + len(trained)


@pytest.mark.parametrize("split", ["same", "harder", "longest"])
def test_only_the_product_knows(split: str) -> None:
    made = task()
    batch = fixed_split(made, split, 2000).batch
    scores = {
        name: made.metric("solved").values(batch, rule.fit(made.fixed("same", "fit", 2000))(batch.problems())).mean()
        for name, rule in made.baselines().items()
    }
    assert scores.pop("product") == 1
    assert len(scores) == 3
    for name, score in scores.items():
        assert score.item() == pytest.approx(0.5, abs=0.04), name


def folder(path: Path, bits: Tensor, labels: object) -> Path:
    torch.save(bits, path / "features.pt")
    torch.save(labels, path / "labels.pt")
    return path


def strings(count: int = 200, length: int = 8) -> Tensor:
    return torch.randint(0, 2, (count, length), generator=torch.Generator().manual_seed(5)).float()


def test_satnets_files_take_the_place_of_training_strings(tmp_path: Path) -> None:
    bits = strings(400, 12)
    running = bits.cumsum(1) % 2  # the last column is the parity of the whole string
    made = task(folder=str(folder(tmp_path, bits, running)))
    assert made.x_shape == (12,)
    assert made.items == 320
    sets = {
        purpose: torch.cat([part.x for part in made.fixed("same", purpose, 30)])
        for purpose in ("test", "validation", "fit")
    }
    rows = {purpose: set(map(tuple, x.tolist())) for purpose, x in sets.items()}
    last = set(map(tuple, (2 * bits[360:] - 1).tolist()))
    assert rows["test"] <= last
    drawn = set(map(tuple, made.sample(5000, GENERATOR).x.tolist()))
    assert drawn == set(map(tuple, (2 * bits[:320] - 1).tolist()))
    assert len(rows["test"] | rows["validation"] | drawn) == len(rows["test"]) + len(rows["validation"]) + len(drawn)
    batch = made.sample(50, GENERATOR)
    assert made.solved(batch, batch.y).all()
    assert made.sample(2, GENERATOR, "harder").x.shape == (2, 40)
    with pytest.raises(InputError, match=r"task.folder: \d+ test strings, not 2000; set evaluation.problems"):
        list(made.fixed("same", "test", 2000))


def test_strings_that_training_holds_are_no_test_strings(tmp_path: Path) -> None:
    bits = strings(60)
    bits[54:] = bits[:6]
    pool = read_folder(folder(tmp_path, bits, parity(bits.long())))
    assert len(pool.part("test")) == 0
    assert len(pool.part("train")) == 48


FOLDERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "no file": (lambda path: None, r"task.folder: .*features.pt: No such file"),
    "no tensor": (lambda path: folder(path, {"a": strings()}, strings()), "holds dict, not one tensor"),  # type: ignore[arg-type]
    "text": (lambda path: (path / "features.pt").write_text("0101"), "not a file of one PyTorch tensor"),
    "axes": (lambda path: folder(path, strings()[None], strings()), r"shape \(1, 200, 8\); strings are \(N, length\)"),
    "counts": (lambda path: folder(path, strings(), strings(9)), r"labels.pt: shape \(9, 8\) for 200 strings"),
    "few": (lambda path: folder(path, strings(9), strings(9)[:, 0]), "9 strings; 10 are the least"),
    "bits": (lambda path: folder(path, 2 * strings(), strings()[:, 0]), "features.pt: holds numbers that are neither"),
    "labels": (lambda path: folder(path, strings(), strings()[:, 0]), r"the label of string \d+ is not its parity"),
}


@pytest.mark.parametrize("fault", FOLDERS)
def test_folders_that_cannot_be_used_say_so_in_one_line(fault: str, tmp_path: Path) -> None:
    make, words = FOLDERS[fault]
    make(tmp_path)
    with pytest.raises(InputError, match=words) as raised:
        task(folder=str(tmp_path))
    assert "\n" not in str(raised.value)


def test_files_of_code_are_not_run(tmp_path: Path) -> None:
    """What a pickle would execute stays unexecuted: only tensors are read."""

    torch.save(Trap(tmp_path / "sprung"), tmp_path / "features.pt")
    with pytest.raises(InputError, match="not a file of one PyTorch tensor"):
        task(folder=str(tmp_path))
    assert not (tmp_path / "sprung").exists()


class Trap:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return (open, (str(self.path), "w"))


def test_own_strings_are_read_and_their_parities_written(tmp_path: Path) -> None:
    (tmp_path / "strings.csv").write_text("0,1,1,0,1,0\n1,1,0,0,0,0\n")
    files, made = task().files(), task(length=6)
    own = files.read(tmp_path / "strings.csv")
    assert own.fields == {"length": 6, "folder": None}
    answer = made.baselines()["product"].fit(iter(()))(own.batch)
    assert files.content(".csv", own.batch, answer) == b"1\n0\n"
    assert files.judged(own.batch, answer) == {"ones": [3, 2], "said": ["odd", "even"]}
    assert made.checks(own.batch, answer)["solved"].all()
    light, dark = (files.pictures(own.batch, y[None])[0].values for y in (answer[1], answer[0]))
    assert (light.item(), dark.item()) == (0, 1)


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ([[0, 1, 0, 1, 2, 0]], "string 0 holds 2 at place 4; bits are 0 or 1"),
        ([[0, 1, 0]], "strings of 3 bits; give 6 or more"),
        ([[0, 1, 0, 1, np.inf, 0]], "not finite"),
    ],
)
def test_strings_that_cannot_be_used_say_so_in_one_line(numbers: list[list[float]], words: str, tmp_path: Path) -> None:
    np.save(tmp_path / "strings.npy", np.array(numbers))
    with pytest.raises(InputError, match=words) as raised:
        StringFiles().read(tmp_path / "strings.npy")
    assert "\n" not in str(raised.value)
