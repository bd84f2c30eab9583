"""A package outside the library: everything in it conforms, and is used by name from TOML by every command."""

import json
from pathlib import Path

import pytest
from tests.cli.cheap import train_here
from tests.cli.outside.conftest import PROJECT
from tests.cli.said import Ravine

from ravine import build, load
from ravine.build.mining import contrast, denoise
from ravine.config import read_run
from ravine.experiments.executors import local
from ravine.registry import Registry, imported
from ravine.seeding import Seeds
from ravine.tasks.base import TaskConfig
from ravine.tasks.matrices.completion import Completion
from ravine.testing import check_contrast, check_denoise, check_energy, check_miner, check_selection, check_task

RUN, STUDY = PROJECT / "run.toml", PROJECT / "study.toml"
TINY = (
    *("training.steps=6", "training.batch=16", "training.log_every=2", "training.validate_every=3"),
    *("training.validation_problems=12", "evaluation.problems=40", "diffusion.landscapes=3", "energy.hidden=8"),
    *("compute.threads=1", "compute.device=cpu"),
)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the run lies that the first test trains."""
    return tmp_path_factory.mktemp("outside") / "run"


def test_everything_in_the_package_conforms() -> None:
    config = read_run(RUN)
    task = build.task(config)
    check_task(task)  # with the metric that the run adds
    check_energy(imported("lines", "energy", "ravine.energies"), task.shape)
    miner = build.miners(config)["stirred"]
    assert miner is not None
    check_miner(miner, task)
    check_selection(miner.select)
    check_contrast(contrast(config))
    loss = denoise(config, build.energy(config, task))
    check_denoise(loss, task, build.energy(config, task))
    check_denoise(loss, Completion(3))


def test_a_run_is_trained_evaluated_and_reported(ravine: Ravine, trained: Path) -> None:
    done = ravine("train", RUN, "--out", trained, *TINY)
    assert done.returncode == 0, done.stderr
    scores = json.loads((trained / "evaluation.json").read_text())
    assert list(scores["metrics"]) == ["lines", "solved", "imbalance"]
    assert {name: list(split["metrics"]) for name, split in scores["splits"].items()} == {
        split: ["lines", "solved", "imbalance"] for split in ("same", "harder")
    }
    assert '"stirred": {"share": 1.0' in (trained / "metrics.jsonl").read_text()

    larger = ravine("evaluate", trained, "task.n=6", "--problems", 20, "--json")
    assert larger.returncode == 0, larger.stderr
    assert json.loads(larger.stdout)["splits"]["same"]["hash"] != scores["splits"]["same"]["hash"]
    done = ravine("report", trained, "--out", trained / "page.html")
    assert done.returncode == 0, done.stderr

    loaded = load(trained)
    harder = loaded.task.sample(4, Seeds(3).generator(), "harder")
    assert loaded.solve(harder, seed=1).answer.shape == (4, 5, 5, 5)


def test_a_study_compares_by_the_packages_metric(
    ravine: Ravine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["compare", STUDY, "--out", tmp_path / "study", *TINY]
    done = ravine(*words, "--seeds", 1, "--workers", 2)
    assert done.returncode == 0, done.stderr
    monkeypatch.setattr(local, "start", train_here)  # more seeds need no more processes
    done = ravine(*words, "--seeds", 3)
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "study/results.json").read_text())
    assert results["registration"]["metric"] == "imbalance"
    (deciding,) = (each for each in results["comparisons"] if each["registered"])
    facts = ("stirred", "none", "imbalance", "same", 3)
    assert tuple(deciding[name] for name in ("arm", "against", "metric", "split", "seeds")) == facts
    assert deciding["effect"] != 1, "the arms are the same"
    assert {each["split"] for each in results["comparisons"]} == {"same", "harder"}
    assert (tmp_path / "study/report.html").exists()


def test_the_doctor_has_nothing_against_it(ravine: Ravine) -> None:
    done = ravine("doctor", RUN, *TINY, "--json")
    verdicts = {check["code"]: check["status"] for check in json.loads(done.stdout)["findings"]}
    assert done.returncode == 0, [code for code, verdict in verdicts.items() if verdict == "fail"]
    assert verdicts["D407"] == "pass", "a refinement's noise hangs on the batch"
    assert {verdicts[code] for code in ("D311", "D315", "D502", "D511", "D516")} == {"pass"}


def test_a_factory_does_what_the_entry_points_name_does() -> None:
    named = read_run(RUN, ["task.n=5", "evaluation.metrics=['imbalance']"])
    own = read_run(
        RUN,
        [
            "task={name='custom', factory='latin_squares.task:latin', options={n=5}}",
            "mining.contrast={kind='custom', factory='latin_squares.contrast:Clipped', options={limit=3.0}}",
            "training.denoise={kind='custom', factory='latin_squares.denoise:Huber', options={knee=2.0}}",
            "mining.arms.stirred.refine={kind='custom', factory='latin_squares.refinement:NoisyStep'}",
            "mining.arms.stirred.refine.options.noise=0.05",
            "evaluation.metrics=['latin_squares.metric:imbalance']",
        ],
    )
    tasks = [build.task(config) for config in (named, own)]
    assert tasks[0].identity == tasks[1].identity == "latin/5/0.5"
    assert tasks[0].metric("imbalance") == tasks[1].metric("imbalance")
    assert contrast(named) == contrast(own)
    assert repr(build.miners(named)) == repr(build.miners(own))
    energy = build.energy(named, tasks[0])
    assert denoise(named, energy) == denoise(own, energy)


def test_a_file_in_the_librarys_folder_is_found_by_its_name() -> None:
    """The package stands in for the folder: a registry reads the modules of either."""
    held = Registry("latin_squares", TaskConfig, "name", "ravine.tasks").shipped
    assert list(held) == ["latin"]
    assert held["latin"].model_validate({"n": 3}).build().y_shape == (3, 3, 3)


def test_what_the_commands_list_names_the_package(ravine: Ravine) -> None:
    said = ravine("list").stdout
    for name in ("latin", "lines", "renamed", "noisy-step", "lowest-two", "clipped", "huber", "imbalance"):
        assert name in said, name
