"""A finished run as a model: weights, configuration, scores and a card that says what the records say."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import ravine
from ravine.config import read_run
from ravine.errors import RavineError
from ravine.evaluation import baselines
from ravine.export import command_of, export
from ravine.training.directory import RunDirectory, read_json

WORDS = (
    "task.n=4",
    "energy.name=mlp",
    "energy.width=16",
    "energy.embedding_width=8",
    "diffusion.landscapes=3",
    "training.steps=4",
    "training.batch=16",
    "evaluation.problems=20",
    "compute.threads=1",
    "compute.device=cpu",
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run on 4 x 4 inversion, its baselines measured on few problems; not to be changed."""
    out = tmp_path_factory.mktemp("exported") / "run"
    ravine.train(read_run("inverse-quick", WORDS), out)
    return out


@pytest.fixture(autouse=True)
def _quick_baselines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines.baseline_scores, "__defaults__", (2000,))


@pytest.fixture(scope="module")
def model(run: Path) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(baselines.baseline_scores, "__defaults__", (2000,))
        return export(run, run.parent / "small-inverse")


def test_it_answers_bitwise_as_the_run_does(run: Path, model: Path) -> None:
    problems = torch.randn(3, 4, 4, generator=ravine.Seeds(0).generator())
    assert torch.equal(ravine.load(model).solve(problems).answer, ravine.load(run).solve(problems).answer)
    assert ravine.load(model).step == 4


def test_files_are_those_that_hubs_take(run: Path, model: Path) -> None:
    assert sorted(path.name for path in model.iterdir()) == [
        "README.md",
        "config.json",
        "evaluation.json",
        "model.safetensors",
    ]
    assert read_run(model / "config.json") == read_run(run / "config.json")
    assert load_file(model / "model.safetensors").keys() == ravine.load(run).energy.state_dict().keys()
    assert (model / "evaluation.json").read_bytes() == (run / "evaluation.json").read_bytes()


def test_the_card_says_what_the_records_say(run: Path, model: Path) -> None:
    text = (model / "README.md").read_text(encoding="utf-8")
    _, header, body = text.split("---\n", 2)
    fields = {key: json.loads(value) for key, _, value in (line.partition(": ") for line in header.splitlines())}
    scores = read_json(run / "evaluation.json")
    (index,) = fields["model-index"]
    assert index["name"] == "small-inverse"
    told = {entry["dataset"]["name"]: entry["metrics"] for entry in index["results"]}
    for split, entry in scores["splits"].items():
        assert entry["hash"] in body
        values = {metric["type"]: metric["value"] for metric in told[f"inverse/4x4, {split}"]}
        assert values == {name: each["value"] for name, each in entry["metrics"].items()}
    for words in ("4 optimiser steps of 16 problems", "seed 0", scores["version"], "| least squares |"):
        assert words in body
    assert "not clearly better, by MSE, than the trivial `zero`, `mean`, `least squares`" in body
    assert "20 of 20 problems are not solved" in body


def test_the_card_names_the_preset_and_what_was_changed(model: Path) -> None:
    assert command_of(read_run("sudoku-9", ["compute.threads=2"])) == "ravine train sudoku-9"
    assert command_of(read_run("sudoku-9", ["training.steps=40", "seed=1"])) == (
        "ravine train sudoku-9 seed=1 training.steps=40"
    )
    assert command_of(read_run("inverse-paper", ["task.n=7", "energy.width=9"])) == (
        "ravine train inverse-paper task.n=7 energy.width=9"
    )
    assert "`ravine train config.json --out RUN`" in (model / "README.md").read_text(encoding="utf-8")


def test_where_a_run_began_is_told_without_its_path(run: Path, tmp_path: Path) -> None:
    later = tmp_path / "later"
    ravine.train(read_run("inverse-quick", [*WORDS, f'training.start_from="{run}"']), later)
    held = (export(later, tmp_path / "model") / "config.json").read_text(encoding="utf-8")
    assert json.loads(held)["training"]["start_from"] == "run"
    assert str(tmp_path) not in held
    assert ravine.load(tmp_path / "model").step == 4


def test_what_cannot_be_exported(run: Path, model: Path, tmp_path: Path) -> None:
    def refused(source: Path, words: str, out: Path = tmp_path / "out") -> None:
        with pytest.raises(RavineError) as caught:
            export(source, out)
        assert words in str(caught.value)
        assert "\n" not in str(caught.value)

    def copied(name: str) -> Path:
        return Path(shutil.copytree(run, tmp_path / name))

    study = tmp_path / "study"
    study.mkdir()
    (study / "study.json").write_text("{}")
    refused(tmp_path / "gone", "not a run's directory (no config.json)")
    refused(run / "config.json", "not a run's directory")
    refused(study, "export one of its runs")
    refused(model, "a model already")
    refused(run, "not empty", run)
    refused(run, "a file", run / "config.json")
    for state in ("interrupted", "diverged"):
        other = copied(state)
        RunDirectory(other).set_status(state, 2, 0.0)
        refused(other, f"the run is {state}")
    bare = copied("bare")
    shutil.rmtree(bare / "checkpoints")
    (bare / "checkpoints").mkdir()
    refused(bare, "its weights are gone")
    damaged = copied("damaged")
    (damaged / "errors.npz").write_bytes(b"PK\x03\x04 and no more")
    refused(damaged, "errors.npz: cannot be read")
    cut = copied("cut")
    newest = sorted((cut / "checkpoints").glob("step-*"))[-1]
    newest.write_bytes(newest.read_bytes()[:100])
    refused(cut, "truncated")
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".export-*"))


def test_a_model_that_is_damaged(model: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(model, tmp_path / "other"))
    weights = other / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(RavineError, match="export it again"):
        ravine.load(other)
    shutil.copy(model / "model.safetensors", weights)
    config = read_json(other / "config.json")
    config["energy"]["width"] = 32
    (other / "config.json").write_text(json.dumps(config))
    with pytest.raises(RavineError, match="does not fit"):
        ravine.load(other)
    with pytest.raises(RavineError, match="one set of weights"):
        ravine.load(model, which="best")


def test_intervals_are_those_of_every_problems_metric(run: Path, model: Path) -> None:
    with np.load(run / "errors.npz") as arrays:
        values = arrays["same/mse"]
    low, high = ravine_interval(values)
    text = (model / "README.md").read_text(encoding="utf-8")
    assert f"({low:.3g} to {high:.3g})" in text


def ravine_interval(values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> tuple[float, float]:
    from scipy import stats  # type: ignore[import-untyped, unused-ignore]

    width = stats.t.isf(0.025, len(values) - 1) * stats.sem(values) / values.mean()
    return values.mean() * np.exp(-width), values.mean() * np.exp(width)
