"""TOML and JSON files as sources: base presets, resolved configurations, and files that are none."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ravine.config import arm_run, read_run, read_study
from ravine.errors import ConfigurationError


def written(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def test_a_file_lays_its_fields_over_its_base(tmp_path: Path) -> None:
    source = written(tmp_path / "mine.toml", 'base = "inverse-quick"\n[training]\nsteps = 5\n')
    run = read_run(source)
    assert run == read_run("inverse-quick", ["training.steps=5"])


def test_a_file_needs_no_field_at_all(tmp_path: Path) -> None:
    assert read_run(written(tmp_path / "empty.toml", "")).task.name == "inverse"


def test_a_task_without_a_name_is_inversion(tmp_path: Path) -> None:
    run = read_run(written(tmp_path / "small.toml", "[task]\nn = 6\n"))
    assert run.task.model_dump() == {"name": "inverse", "n": 6}


def test_a_task_of_another_name_takes_nothing_from_the_base(tmp_path: Path) -> None:
    text = 'base = "inverse-quick"\n[task]\nname = "custom"\nfactory = "module:made"\n'
    assert read_run(written(tmp_path / "own.toml", text)).task.model_dump()["factory"] == "module:made"


@pytest.mark.parametrize("preset", ["inverse-quick", "inverse-paper"])
def test_the_resolved_configuration_is_accepted_as_input(tmp_path: Path, preset: str) -> None:
    run = read_run(preset, ["mining.arms.mild.refine.steps=4", "evaluation.splits=['same']"])
    source = written(tmp_path / "config.json", json.dumps(run.model_dump(mode="json")))
    assert read_run(source) == run


def test_a_resolved_study_is_accepted_as_input(tmp_path: Path) -> None:
    study = read_study("pilot", ["training.steps=9"])
    assert read_study(written(tmp_path / "study.json", json.dumps(study.model_dump(mode="json")))) == study


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("broken.toml", "a = = 3", "broken.toml: "),
        ("broken.json", "{", "broken.json: "),
        ("list.json", "[1, 2]", "holds no table of fields"),
        ("bytes.toml", "\udcff", "bytes.toml: "),
        ("study.toml", 'arms = ["none"]', "describes no run but a study; use `ravine compare`"),
        ("deep.toml", "a = " + "[" * 5000, "nested too deeply"),
        ("deep.json", "[" * 100_000, "nested too deeply"),
        ("base.toml", 'base = "nonsense"', "no preset or file 'nonsense'"),
    ],
)
def test_files_that_are_no_run_are_named(tmp_path: Path, name: str, text: str, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ConfigurationError) as error:
        read_run(str(path))
    assert words in str(error.value)


def test_a_byte_order_mark_is_no_part_of_a_file(tmp_path: Path) -> None:
    assert read_run(written(tmp_path / "windows.toml", "\ufeff[task]\nn = 6\n")).task.model_dump()["n"] == 6


def test_a_run_file_is_no_study(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="describes no study but a run; use `ravine train`"):
        read_study(written(tmp_path / "run.toml", "seed = 3"))


def test_a_file_that_does_not_exist_and_a_directory(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such file"):
        read_run(str(tmp_path / "gone.toml"))
    folder = tmp_path / "folder.toml"
    folder.mkdir()
    with pytest.raises(ConfigurationError, match="a directory"):
        read_run(str(folder))


@pytest.mark.parametrize("changes", ['"mining.weight" = 2.0', "mining.weight = 2.0", "mining = { weight = 2.0 }"])
def test_an_arm_changes_its_fields_and_no_other_however_written(tmp_path: Path, changes: str) -> None:
    text = f'arms.none = {{}}\n[run.mining]\narm = "none"\nevery = 3\n[arms.strong]\n{changes}\n'
    study = read_study(written(tmp_path / "study.toml", text))
    mining = arm_run(study, "strong", 5).mining
    assert (mining.weight, mining.arm, mining.every) == (2.0, "none", 3)
    assert arm_run(study, "none", 5).mining.weight == 0.5


def test_a_file_is_utf8_whatever_the_locale(tmp_path: Path) -> None:
    words = 'base = "inverse-quick"\n[task]\nname = "custom"\nfactory = "m:f"\noptions = { city = "Zürich" }\n'
    (tmp_path / "own.toml").write_text(words, encoding="utf-8")
    code = "from ravine.config import read_run; print(ascii(read_run('own.toml').task.options['city']))"
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    source = str(Path(__file__).parents[2] / "src")
    environment = {**os.environ, **plain, "PYTHONPATH": source}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment, check=False)
    assert done.stdout.strip() == ascii("Zürich"), done.stderr
