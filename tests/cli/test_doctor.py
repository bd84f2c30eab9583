"""`ravine doctor`, and what stands before train and compare."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from tests.cli.said import Ravine

from ravine.doctor import faults


@pytest.fixture
def words(tiny: list[str]) -> list[str]:
    return ["inverse-quick", "energy.name=mlp", *tiny, "mining.arm=adversarial"]


def test_a_healthy_pipeline(ravine: Ravine, words: list[str], tmp_path: Path) -> None:
    done = ravine("doctor", *words, "--phase", 2, "--html", tmp_path / "page.html")
    assert done.returncode == 0, done.stderr
    assert "Phase 2: curriculum" in done.stdout
    assert "D205" in done.stdout
    assert "Phase 3" not in done.stdout
    assert "inverse-quick: healthy" in done.stdout
    assert (tmp_path / "page.html").exists()


def test_json(ravine: Ravine, words: list[str]) -> None:
    done = ravine("doctor", *words, "--cheap", "--json")
    found = json.loads(done.stdout)
    assert found["healthy"] is True
    assert {"code", "phase", "check", "status", "evidence", "says", "advice", "seconds"} == set(found["findings"][0])


def test_a_failing_pipeline_exits_with_1(ravine: Ravine, words: list[str]) -> None:
    with faults.ascent():  # type: ignore[attr-defined]
        done = ravine("doctor", *words, "--phase", 3, "--json")
    assert done.returncode == 1
    failing = [entry for entry in json.loads(done.stdout)["findings"] if entry["status"] == "fail"]
    assert [entry["code"] for entry in failing] == ["D301"]
    assert failing[0]["advice"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "name a run's directory"),
        (["nonsense"], "no preset"),
        (["inverse-quik"], "did you mean 'inverse-quick'?"),
        (["pilot"], "`ravine compare pilot`"),
        (["inverse-quick", "mining.arm=advesarial"], "did you mean 'adversarial'?"),
        (["inverse-quick", "--phase", "6"], "'--phase': it should be less than or equal to 5"),
        (["inverse-quick", "--pipeline", "examples.foreign_pipeline:pipeline"], "name one of them"),
        (["--pipeline", "examples.foreign_pipeline:nothing"], "cannot be imported"),
        (["--pipeline", "examples.foreign_pipeline:Trainer1D"], "no ravine.doctor.pipeline.Pipeline"),
        (["--pipeline", "examples.foreign_pipeline:pipeline", "colour=red"], "does not take these options"),
        (["--prove", "--pipeline", "examples.foreign_pipeline:pipeline"], "ravine's own"),
    ],
)
def test_what_cannot_be_examined_exits_with_2(ravine: Ravine, arguments: list[str], says: str) -> None:
    done = ravine("doctor", *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_foreign_pipeline(ravine: Ravine) -> None:
    healthy = ravine("doctor", "--pipeline", "examples.foreign_pipeline:pipeline", "--quiet")
    assert healthy.returncode == 0
    done = ravine("doctor", "--pipeline", "examples.foreign_pipeline:pipeline", "fault=wrong sign")
    assert done.returncode == 1
    assert "findings: D303" in done.stdout


def test_a_trace(ravine: Ravine, words: list[str]) -> None:
    done = ravine("doctor", *words, "--trace", 2)
    assert done.returncode == 0
    assert [line for line in done.stdout.splitlines() if line.startswith("step")] == ["step 0", "step 1"]
    for stage in ("settings", "arm adversarial", "energies adversarial", "losses", "gradient norms"):
        assert done.stdout.count(f"  {stage} ") == 2
    assert len(json.loads(ravine("doctor", *words, "--trace", 1, "--json").stdout)["steps"]) == 1


def test_a_proof(ravine: Ravine, words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = {name: faults.FAULTS[name] for name in ("ascent", "weight-ignored")}
    monkeypatch.setattr("ravine.doctor.prove.FAULTS", chosen)
    monkeypatch.setattr("ravine.doctor.prove.TRAINED_STEPS", 10)
    done = ravine("doctor", *words, "--prove", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0, found
    assert set(found) == {"faults", "healthy"}
    assert [(f["name"], f["check"], f["caught"]) for f in found["faults"]] == [
        ("ascent", "D301", True),
        ("weight-ignored", "D106", True),
    ]
    assert all(entry["fired"] == [] for entry in found["healthy"].values())


def test_train_refuses_a_failing_pipeline_unless_told(ravine: Ravine, words: list[str], tmp_path: Path) -> None:
    with faults.contrast_left_out():  # type: ignore[attr-defined]
        refused = ravine("train", *words, "--out", tmp_path / "run")
        assert refused.returncode == 2
        assert "D106: total = denoise + weight x contrast: fail" in refused.stderr
        assert refused.stderr.count("\n") == 1
        assert not (tmp_path / "run").exists()
        assert ravine("train", *words, "--out", tmp_path / "run", "--no-doctor", "--quiet").returncode == 0


def test_compare_refuses_a_failing_arm(ravine: Ravine, words: list[str], tmp_path: Path) -> None:
    study = tmp_path / "study.toml"
    study.write_text('arms = ["none", "adversarial"]\nbaseline = "none"\nseeds = 1\n[run]\nbase = "inverse-quick"\n')
    with faults.ascent():  # type: ignore[attr-defined]
        refused = ravine("compare", study, *words[1:], "--out", tmp_path / "out")
    assert refused.returncode == 2
    assert "arm 'adversarial': the mining pipeline fails the doctor's check D301" in refused.stderr
    assert not (tmp_path / "out").exists()


MODULE = """
import sys
from tests.doctor.foreign import hard

def at_once(**options):
    sys.exit(3)

def in_a_step():
    made = hard.pipeline()
    made.trainer.train_one = lambda: exit()
    return made

def broken(**options):
    return {}[options["colour"]]
"""


@pytest.fixture
def leaving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "leaving.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    with torch.random.fork_rng():
        yield
    sys.modules.pop("leaving", None)


@pytest.mark.usefixtures("leaving")
@pytest.mark.parametrize(
    ("factory", "says"),
    [
        ("at_once", "leaving:at_once calls exit(3) (leaving.py:6)"),
        ("in_a_step", "the pipeline calls exit(None) in step() (leaving.py:10)"),
        ("broken", "leaving:broken raises KeyError: 'colour' (leaving.py:14)"),
    ],
)
@pytest.mark.parametrize("words", [(), ("--json",)])
def test_a_pipeline_that_leaves_or_cannot_be_made(
    ravine: Ravine, factory: str, says: str, words: tuple[str, ...]
) -> None:
    done = ravine("doctor", "--pipeline", f"leaving:{factory}", *words)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
