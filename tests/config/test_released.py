"""The released code's names: what they stand for, that it is said, and that fields beside them count."""

import re

import pytest

from ravine.config import RunConfig, read_run, read_study
from ravine.config.released import meaning
from ravine.config.schema import ENERGIES, TASKS, shipped_names
from ravine.errors import ConfigurationError

DENOISING = ("mining.arm=none", "solve.steps=0")
DATASETS = (
    *("addition", "lowrank", "inverse", "sudoku", "sudoku-rrn", "sudoku-rrn-latent", "connectivity"),
    *("connectivity-2", "parents", "uncle", "parity", "parity-20", "parity-40", "sort", "sort-2"),
    *("shortest-path", "shortest-path-1d", "shortest-path-10-1d", "shortest-path-15-1d"),
)
MODELS = (
    *("mlp", "sudoku", "sudoku-latent", "sudoku-transformer", "gnn", "gnn-conv", "gnn-conv-1d", "gnn-conv-1d-v2"),
    *("mlp-reverse", "sudoku-reverse", "gnn-reverse", "gnn-conv-1d-v2-reverse"),
)


@pytest.mark.parametrize(
    ("section", "name"), [*(("task", name) for name in DATASETS), *(("energy", name) for name in MODELS)]
)
def test_every_released_name_is_ours_or_stands_for_one_of_ours(section: str, name: str) -> None:
    shipped = shipped_names()[section]
    known = meaning(section, name, shipped)
    ours = name if known is None else known.fields["name"]
    assert ours in shipped
    (TASKS if section == "task" else ENERGIES).shipped[ours].model_validate(
        {**(known.fields if known else {}), "name": ours}
    )


def test_it_is_said_what_a_name_stands_for() -> None:
    said: list[str] = []
    run = read_run("inverse-quick", ["task.name=lowrank", "energy.name=mlp-reverse", *DENOISING], said.append)
    assert (run.task.name, run.energy.name) == ("completion", "mlp-denoiser")
    assert said == [
        'task.name: "lowrank", as released, is "completion"',
        'energy.name: "mlp-reverse", as released, is "mlp-denoiser"',
    ]
    said.clear()
    read_run("inverse-quick", [], said.append)
    assert said == []


def test_fields_beside_a_released_name_go_before() -> None:
    run = RunConfig.model_validate({"task": {"name": "sudoku"}, "energy": {"name": "sudoku-latent", "blocks": 2}})
    assert run.energy.model_dump() == {**run.energy.model_dump(), "name": "board", "channels": 128, "blocks": 2}
    wider = RunConfig.model_validate({"task": {"name": "sudoku"}, "energy": {"name": "sudoku-latent", "channels": 8}})
    assert wider.energy.model_dump()["channels"] == 8
    assert read_run("inverse-quick", ["task.name=lowrank", "task.n=7"]).task.model_dump() == {
        "name": "completion",
        "n": 7,
    }


def test_a_study_says_it_and_its_arms_may_use_such_names() -> None:
    said: list[str] = []
    words = [
        "task.name=lowrank",
        'arms={a = {"energy.name" = "mlp-reverse", "mining.arm" = "none", "solve.steps" = 0}}',
    ]
    study = read_study("pilot", words, said.append)
    assert study.run.task.name == "completion"
    assert said == ['task.name: "lowrank", as released, is "completion"']


def test_a_star_is_a_number() -> None:
    known = meaning("task", "parity-23", ())
    assert known is not None
    assert 23 in known.fields.values()
    for name in ("parity-", "parity-x", "parity-2x", "lowrank2", None, 3):
        assert meaning("task", name, ()) is None


def test_other_names_are_refused_as_ever() -> None:
    with pytest.raises(ConfigurationError, match=re.escape("task.name: no such name")):
        read_run("inverse-quick", ["task.name=lowrunk"])
