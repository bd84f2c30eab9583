"""A network that predicts the noise, from `ravine train` to the page: compared as an energy is, asked for none."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.cli.conftest import TINY
from tests.cli.said import Ravine, one_line

from ravine import build, runs
from ravine.config import read_run, read_study
from ravine.config.sources import arm_run
from ravine.errors import ConfigurationError
from ravine.evaluation.score import score
from ravine.experiments import planning
from ravine.tasks.fixed import fixed_split

DENOISER = (*TINY, "energy.name=mlp-denoiser", "mining.arm=none", "solve.steps=0")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run, and its directory."""
    folder = tmp_path_factory.mktemp("denoiser") / "run"
    runs.train(read_run("inverse-quick", DENOISER), folder)
    return folder


def test_nothing_in_its_records_is_an_energy(run: Path) -> None:
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    logged = [row for row in rows if "loss" in row]
    assert all(row["energy_positive"] is None for row in logged)
    assert all(row["denoise"] > 0 and row["evaluations"] for row in logged)
    held = json.loads((run / "landscapes.json").read_text())["splits"]["same"]
    assert {"slice", "distance"}.isdisjoint(held)
    assert held["forming"]["answers"]
    for row in held["landscapes"]:
        assert [row[name] for name in ("gap", "rank_correlation", "auc", "accepted")] == [None] * 4
        assert abs(row["cosine"]) <= 1
        assert row["noise_norm"] > 0
    scored = json.loads((run / "evaluation.json").read_text())["splits"]
    assert scored["same"]["solve_evaluations"] == 3
    assert set(scored["same"]["metrics"]) == {"mse", "residual", "solved"}


def test_it_is_evaluated_and_its_landscapes_are_told(ravine: Ravine, run: Path) -> None:
    done = ravine("evaluate", run)
    assert done.returncode == 0
    assert "3 noise predictions per problem" in done.stdout
    told = ravine("evaluate", run, "--landscapes").stdout
    assert "cosine" in told
    assert "AUC \n" not in told.split("AUC:")[0]
    again = ravine("evaluate", run, "solve.renoise=1", "--json")
    plain = ravine("evaluate", run, "--json")
    values = [json.loads(each.stdout)["splits"]["same"]["metrics"]["mse"]["value"] for each in (again, plain)]
    assert values[0] != values[1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--steps", "5"), "solve.steps"),
        (("--starts", "2"), "solve.starts"),
        (("--budget", "0,3"), "solve.steps"),
        (("--budget", "0", "--starts", "1,2"), "solve.starts"),
        (("solve.steps=5",), "solve.steps = 5"),
    ],
)
def test_what_asks_for_energies_is_refused(ravine: Ravine, run: Path, words: tuple[str, ...], told: str) -> None:
    assert told in one_line(ravine("evaluate", run, *words))


def test_a_configuration_that_asks_for_energies_makes_nothing(ravine: Ravine, tmp_path: Path) -> None:
    done = ravine("train", "inverse-quick", *TINY, "energy.name=mlp-reverse", "--out", tmp_path / "a")
    named, refused = done.stderr.splitlines()
    assert named == 'ravine: energy.name: "mlp-reverse", as released, is "mlp-denoiser"'
    assert refused.endswith('write mining.arm = "none", solve.steps = 0')
    assert done.returncode == 2
    assert not (tmp_path / "a").exists()


def test_problems_are_solved_without_an_energy_beside_the_answer(ravine: Ravine, run: Path, tmp_path: Path) -> None:
    problems = tmp_path / "problems.npy"
    np.save(problems, np.eye(4)[None] + np.zeros((2, 4, 4)))
    done = ravine("solve", run, problems, "--out", tmp_path / "answers.npy", "--figure", tmp_path / "a.png", "--json")
    content = json.loads(done.stdout)
    assert "energy" not in content["problems"][0]
    assert content["energy_evaluations"] == 3
    assert np.load(tmp_path / "answers.npy").shape == (2, 4, 4)
    assert (tmp_path / "a.png").stat().st_size > 0


def test_the_doctor_says_what_does_not_apply(ravine: Ravine, run: Path) -> None:
    done = ravine("doctor", run, "--json")
    found = {entry["code"]: entry for entry in json.loads(done.stdout)["findings"]}
    for code in ("D501", "D502", "D505", "D513"):
        assert found[code]["status"] == "not applicable"
    assert found["D501"]["says"] == "mlp-denoiser predicts the noise and has no energy"
    for code in ("D105", "D317", "D503", "D508", "D511", "D516"):
        assert found[code]["status"] in {"pass", "not applicable"}, found[code]
    assert [entry["code"] for entry in found.values() if entry["status"] == "fail"] == []


def test_mined_examples_train_it(tmp_path: Path) -> None:
    """States of the sampler, and points of high denoising error, as examples: neither asks for an energy."""
    mixture = 'mining.mixture={trajectory = 0.4, "pgd-target" = 0.3, failures = 0.3}'
    config = read_run("inverse-quick", [*DENOISER, mixture, "training.validate_every=0"])
    assert runs.train(config, tmp_path / "run") == "finished"
    last = json.loads((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()[-1])
    assert last["arms"]["pgd-target"]["denoise"] > 0
    assert last["arms"]["pgd-target"]["energy_before"] is None


def test_a_study_compares_it_with_an_energy_at_equal_solving(tmp_path: Path) -> None:
    """An energy's three landscapes with two descent steps take 12 evaluations: so do 12 landscapes of the denoiser."""
    words = [word for word in TINY if not word.startswith("energy.")]
    table = "seeds = 2\nbaseline = 'energy'\nrun.base = 'inverse-quick'\nrun.solve.steps = 2\nrun.mining.arm = 'none'\n"
    table += "[arms.energy]\nenergy.name = 'mlp'\n[arms.denoiser]\nenergy.name = 'mlp-denoiser'\nsolve.steps = 0\n"
    file = tmp_path / "study.toml"
    file.write_text(table)
    with pytest.raises(ConfigurationError, match=r"write diffusion\.landscapes = 12 where mlp-denoiser predicts"):
        planning.check_study(read_study(file, words))
    file.write_text(table + "diffusion.landscapes = 12\n")
    study = read_study(file, words)
    planning.check_study(study)
    for arm in study.arms:
        config = arm_run(study, arm, 0)
        task = build.task(config)
        split = fixed_split(task, "same", 4)
        assert score(task, build.energy(config, task), build.answering(config, task), split).evaluations == 12
