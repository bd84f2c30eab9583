"""`ravine compare`, its runs trained in this process instead of one each."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.cli.cheap import Ended, train_here
from tests.cli.said import Ravine, one_line

from ravine.analysis.plan import PlannedRun
from ravine.experiments import collecting
from ravine.experiments import results as collect
from ravine.experiments.executors import coordinator, local
from ravine.report import part
from ravine.report.sections.setup import setup
from ravine.report.sections.table import tables
from ravine.report.sections.troubles import troubles
from ravine.training.directory import RunDirectory, State

WILD = '"optimizer.learning_rate" = 1e30\n"optimizer.clip" = 1e30\n"mining.arm" = "random"\n'


@pytest.fixture(autouse=True)
def trained(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The runs that were started, by name."""
    names: list[str] = []

    def start(alike: Sequence[PlannedRun], slot: object) -> Ended:
        names.extend(f"{run.arm}/{run.seed}" for run in alike)
        return train_here(alike)

    monkeypatch.setattr(local, "start", start)
    monkeypatch.setattr(coordinator, "POLL_SECONDS", 0.0)
    return names


@pytest.fixture
def whole_page() -> None:
    """Ask for the report with all its sections."""


@pytest.fixture(autouse=True)
def _few_sections(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the figures out of reports, for speed, where a test does not ask for them."""
    if "whole_page" not in request.fixturenames:
        monkeypatch.setattr(
            part, "sections", lambda subject, looks: [made(subject) for made in (tables, troubles, setup)]
        )


def times(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in (folder / "runs").rglob("*")}


def strict(text: str) -> dict[str, Any]:
    def refuse(name: str) -> object:
        raise AssertionError(f"{name} is no JSON")

    content: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return content


@pytest.fixture
def words(tiny: list[str], tmp_path: Path) -> list[object]:
    """The command of a tiny study of two arms and two seeds, which the doctor is not asked about."""
    arms = ["--seeds", 2, "--arms", "none,adversarial", "--no-doctor"]
    return ["compare", "pilot", *tiny, *arms, "--out", tmp_path / "study"]


def test_results_have_the_documented_schema(ravine: Ravine, words: list[object], tmp_path: Path) -> None:
    done = ravine(*(word for word in words if word != "--no-doctor"), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = strict(done.stdout)
    assert found == strict((tmp_path / "study" / "results.json").read_text())
    assert found["schema"] == 2
    assert found["task"] == "inverse/4x4"
    assert set(found) >= {"schema", "task", "metrics", "splits", "baselines", "arms", "comparisons"}
    assert set(found["splits"]) == {"same", "harder"}
    assert found["baselines"]["zero"]["same"]["metrics"]["mse"] > 0
    assert list(found["arms"]) == ["none", "adversarial"]
    for arm in found["arms"].values():
        assert [run["seed"] for run in arm["runs"]] == [0, 1]
        for run in arm["runs"]:
            assert run["state"] == "finished"
            assert set(run) >= {"train_seconds", "solve_seconds", "energy_evaluations", "steps"}
            assert run["steps"] == 6
            for split in ("same", "harder"):
                assert list(run["splits"][split]["metrics"]) == ["mse", "residual", "solved"]
                assert set(run["splits"][split]["skill"]) == {"mse", "residual", "solved"}
    costs = {arm: entry["runs"][0]["energy_evaluations"] for arm, entry in found["arms"].items()}
    assert costs["adversarial"] > costs["none"] == 6 * 16
    keys = {"arm", "against", "split", "metric", "effect", "low", "high", "p", "verdict"}
    assert [(e["arm"], e["against"], e["split"], e["metric"]) for e in found["comparisons"]] == [
        ("adversarial", "none", "same", "mse"),
        ("adversarial", "none", "harder", "mse"),
        ("adversarial", "none", "same", "residual"),
        ("adversarial", "none", "same", "solved"),
    ]
    assert all(set(e) >= keys for e in found["comparisons"])


@pytest.mark.usefixtures("whole_page")
def test_the_table_and_the_report(ravine: Ravine, words: list[object], tmp_path: Path) -> None:
    done = ravine(*words)
    assert done.returncode == 0
    for word in (
        "none",
        "adversarial",
        "same MSE",
        "harder MSE",
        "skill",
        "registered",
        "zero",
        "least squares",
        "train s",
    ):
        assert word in done.stdout
    study = tmp_path / "study"
    assert done.stdout.splitlines()[-1] == f"report: {study / 'report.html'}"
    html, report = (study / "report.html").read_text(), (study / "report.md").read_text()
    for text in (html, report):
        assert "Whether adversarial improves on none is not decidable" in text
        assert "ravine compare pilot task.n=4" in text
    files = re.findall(r"\]\((figures/[^)]+)\)", report)
    assert len(files) == html.count("<figure ") > 8
    for file in files:
        assert (study / file).read_bytes().startswith(b"\x89PNG")


def test_the_outcome_is_said_at_the_end(ravine: Ravine, words: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = {"outcome": {"name": "Random is enough", "sentence": "Random is enough."}}
    monkeypatch.setattr(collecting, "results", lambda *given: {**collect.results(*given), **outcome})
    assert ravine(*words).stdout.splitlines()[-2] == "Random is enough."


def test_running_again_repeats_nothing(ravine: Ravine, words: list[object], tmp_path: Path, trained: list[str]) -> None:
    first = strict(ravine(*words, "--json").stdout)
    assert trained == ["none/0", "adversarial/0", "none/1", "adversarial/1"]
    before = times(tmp_path / "study")
    assert strict(ravine(*words, "--json").stdout) == first
    assert len(trained) == 4
    assert times(tmp_path / "study") == before
    done = ravine(*words, "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_more_seeds_and_other_arms_extend_a_study(
    ravine: Ravine, words: list[object], tmp_path: Path, trained: list[str]
) -> None:
    ravine(*words)
    before = times(tmp_path / "study")
    found = strict(ravine(*words, "--seeds", 3, "--json").stdout)
    assert trained[4:] == ["none/2", "adversarial/2"]
    assert [run["seed"] for run in found["arms"]["none"]["runs"]] == [0, 1, 2]
    assert found["comparisons"][0]["seeds"] == 3
    found = strict(ravine(*words, "--arms", "none,random", "--json").stdout)
    assert trained[6:] == ["random/0", "random/1"]
    assert list(found["arms"]) == ["none", "random"]
    after = times(tmp_path / "study")
    folders = [path for path in before if path.is_dir()]
    assert {path: time for path, time in before.items() if path not in folders}.items() <= after.items()


def test_arms_of_a_seed_share_their_initial_weights(ravine: Ravine, words: list[object], tmp_path: Path) -> None:
    ravine(*words, "--seeds", 1, "--no-doctor", "optimizer.learning_rate=1e-30")
    study = tmp_path / "study" / "runs"
    rows = [
        json.loads((study / arm / "seed-0" / "metrics.jsonl").read_text().splitlines()[0])
        for arm in ("none", "adversarial")
    ]
    assert rows[0]["denoise"] == rows[1]["denoise"]
    assert rows[0]["contrast"] == 0 != rows[1]["contrast"]


def test_a_study_of_another_configuration_is_refused(
    ravine: Ravine, words: list[object], tmp_path: Path, trained: list[str]
) -> None:
    ravine(*words)
    before = {path: path.read_bytes() for path in (tmp_path / "study").rglob("*") if path.is_file()}
    line = one_line(ravine(*words, "training.steps=7"))
    assert "run.training.steps is 6 there and 7 here" in line
    assert {path: path.read_bytes() for path in (tmp_path / "study").rglob("*") if path.is_file()} == before
    assert len(trained) == 4


def test_an_arm_of_the_same_name_but_other_content_is_refused(ravine: Ravine, tiny: list[str], tmp_path: Path) -> None:
    source = tmp_path / "study.toml"
    base = 'seeds = 1\nbaseline = "mine"\nrun.base = "inverse-quick"\n[arms.mine]\nmining.weight = '
    words = ["compare", source, *tiny, "--out", tmp_path / "study"]
    source.write_text(f"{base}0.1\n")
    assert ravine(*words).returncode == 0
    source.write_text(f"{base}0.2\n")
    before = (tmp_path / "study" / "study.json").read_bytes()
    assert "arms.mine" in one_line(ravine(*words))
    assert (tmp_path / "study" / "study.json").read_bytes() == before


def test_a_directory_that_is_no_studys_is_refused(ravine: Ravine, words: list[object], tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "letter.txt").write_text("dear")
    assert "not a study's directory" in one_line(ravine(*words))
    assert [path.name for path in (tmp_path / "study").iterdir()] == ["letter.txt"]


def test_a_diverged_run_is_a_row_and_counts(
    ravine: Ravine, tiny: list[str], tmp_path: Path, trained: list[str]
) -> None:
    source = tmp_path / "study.toml"
    source.write_text(
        'seeds = 1\nrun.base = "inverse-quick"\n[arms.none]\n"mining.arm" = "none"\n'
        f'[arms.none2]\n"mining.arm" = "none"\n"mining.weight" = 0.2\n[arms.wild]\n{WILD}'
    )
    words = ["compare", source, *tiny, "optimizer.warmup=0", "training.validate_every=0", "--out", tmp_path / "study"]
    done = ravine(*words, "--json")
    assert done.returncode == 0
    found = strict(done.stdout)
    (run,) = found["arms"]["wild"]["runs"]
    assert (run["state"], run["splits"], run["energy_evaluations"]) == ("diverged", {}, None)
    assert "not finite at step" in run["reason"]
    wanted = ("wild", "none", "same", "mse")
    (compared,) = [e for e in found["comparisons"] if (e["arm"], e["against"], e["split"], e["metric"]) == wanted]
    assert compared["diverged"][0] == 1
    assert compared["seeds"] == 1
    zero = found["baselines"]["zero"]["same"]["metrics"]["mse"]
    none = found["arms"]["none"]["runs"][0]["splits"]["same"]["metrics"]["mse"]["value"]
    assert compared["effect"] == pytest.approx(max(1, zero / none))
    report = (tmp_path / "study" / "report.md").read_text()
    assert "| wild | 0 | diverged | 1 | loss or gradient not finite" in report
    ravine(*words)
    assert trained == ["none/0", "none2/0", "wild/0"]


@pytest.mark.parametrize(("left", "told"), [("running", "failed"), ("interrupted", "interrupted")])
def test_a_broken_run_is_told_and_tried_again(
    left: State, told: str, ravine: Ravine, words: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(alike: Sequence[PlannedRun], slot: object) -> Ended:
        (run,) = alike
        if run.arm == "none":
            return train_here(alike)
        RunDirectory(run.path).claim(run.config)
        (run.path / "train.log").write_text("Traceback ...\nMemoryError: too much\n")
        RunDirectory(run.path).set_status(left, 3, 1.0)
        return Ended()

    with monkeypatch.context() as patch:
        patch.setattr(local, "start", fail)
        done = ravine(*words)
    assert done.returncode == 1
    assert done.stdout.count(f"{told}: MemoryError: too much") == 2
    assert f"some runs did not end (2 {told})" in done.stderr
    assert "train.log" in done.stderr
    assert "MemoryError: too much" in (tmp_path / "study" / "report.md").read_text()
    done = ravine(*words)
    assert done.returncode == 0
    assert told not in done.stdout
    assert done.stdout.count("2 of 2") == 2


def test_a_single_arm_is_no_comparison(ravine: Ravine, words: list[object]) -> None:
    found = strict(ravine(*words, "--arms", "random", "--seeds", 1, "--json").stdout)
    assert list(found["arms"]) == ["random"]
    assert found["comparisons"] == []


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (["--arms", "none,advers"], "did you mean 'adversarial'"),
        (["--arms", ","], "--arms: names no arm"),
        (["split=hard"], "did you mean 'harder'"),
        (["split=harder", "evaluation.splits=['same']"], "split: "),
        (["evaluation.splits=['hard']"], "evaluation.splits: "),
        (["baseline=nune"], "did you mean 'none'"),
        (["trainig.steps=3"], "did you mean 'training'"),
        (["training.steps=x", "margin=2"], "2 faults"),
        (["run=3"], "run: "),
        (["axes.task.n=5"], "axes.task.n: expected a list, not 5"),
        (["metric=mze"], "metric: 'mze': no such metric; did you mean 'mse'?"),
        (["margin=-1"], "margin: input should be greater than 0"),
        (["--matching", "compute"], "fields are written without dashes, matching=VALUE"),
        (["--on", "slrum"], "did you mean 'slurm'"),
        (["--seeds", "none"], "'--seeds': it should be a valid integer; `"),
    ],
)
def test_bad_studies_make_nothing(
    ravine: Ravine, words: list[object], tmp_path: Path, more: list[str], expected: str
) -> None:
    done = ravine(*words, *more)
    assert (done.returncode, done.stdout) == (2, "")
    assert expected in done.stderr
    assert done.stderr.startswith("ravine: ")
    assert not (tmp_path / "study").exists()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("pilto", "did you mean 'pilot'"),
        ("inverse-quick", "`ravine train inverse-quick`"),
        ("x.toml", "no such file"),
        ("src", "name its study.json"),
    ],
)
def test_sources_that_are_no_study(ravine: Ravine, tmp_path: Path, source: str, expected: str) -> None:
    assert expected in one_line(ravine("compare", source, "--out", tmp_path / "study"))
    assert not (tmp_path / "study").exists()


def test_arms_that_change_nothing_are_refused(ravine: Ravine, tmp_path: Path) -> None:
    file = tmp_path / "named.toml"
    file.write_text('baseline = "none"\narms = { none = {}, adversarial = {} }\nrun.base = "inverse-quick"\n')
    said = one_line(ravine("compare", file, "--out", tmp_path / "out"))
    assert said.startswith("ravine: arms: none and adversarial are the same run; write what each changes")
    assert not (tmp_path / "out").exists()


def test_arms_on_other_problems_are_refused(ravine: Ravine, tmp_path: Path) -> None:
    file = tmp_path / "sizes.toml"
    file.write_text('[run]\nbase = "inverse-quick"\n[arms.none]\n"mining.arm" = "none"\n[arms.small]\n"task.n" = 5\n')
    done = ravine("compare", file, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert done.stderr.startswith("ravine: arms.small: changes task or evaluation")
    assert not (tmp_path / "out").exists()


def test_a_registration_that_changes_late_is_shown(ravine: Ravine, words: list[object], tmp_path: Path) -> None:
    first = strict(ravine(*words, "--seeds", 1, "--json").stdout)
    assert (first["registration"]["registered_after"], first["registration"]["others"]) == (0, [])
    assert first["registration"]["comparisons"] == ["adversarial"]
    later = strict(ravine(*words, "--json").stdout)
    assert later["registration"]["registered_after"] == 2
    assert later["outcome"]["sentence"].endswith("Registered after 2 runs had ended: read it as exploratory.")
    (other,) = later["registration"]["others"]
    assert other["registration"]["seeds"] == 1


def test_arms_added_on_the_command_line_explore(ravine: Ravine, words: list[object]) -> None:
    found = strict(ravine(*words, "--arms", "none,adversarial,hard", "--seeds", 1, "--json").stdout)
    registered = {e["arm"] for e in found["comparisons"] if e["registered"]}
    assert registered == {"adversarial"}
    assert found["registration"]["comparisons"] == ["adversarial"]
    assert all(e["exploratory"] for e in found["comparisons"] if e["arm"] == "hard")
    assert [found["arms"][arm]["kind"] for arm in found["arms"]] == ["none", "mined", "mined"]


@pytest.mark.parametrize(
    ("matching", "fact", "least"), [("compute", "energy_evaluations", 2), ("operations", "operations", 4)]
)
def test_equal_cost_is_trained_and_told(
    ravine: Ravine, words: list[object], matching: str, fact: str, least: int
) -> None:
    found = strict(ravine(*words, f"matching={matching}", "training.steps=10", "--seeds", 1, "--json").stdout)
    runs = {arm: entry["runs"][0] for arm, entry in found["arms"].items()}
    assert runs["none"]["steps"] == 10
    assert least <= runs["adversarial"]["steps"] < 2 * least + 2
    assert runs["adversarial"][fact] == pytest.approx(
        runs["none"][fact], abs=runs["adversarial"][fact] / runs["adversarial"]["steps"]
    )
    assert found["registration"]["matching"] == matching
    assert all(entry["refused"] is None for entry in found["comparisons"])
    assert any(f"equal {matching}, adversarial took" in line for line in found["outcome"]["evidence"])


def test_curves_against_compute_are_in_the_results(ravine: Ravine, words: list[object]) -> None:
    found = strict(ravine(*words, "--json").stdout)
    assert set(found["compute"]) >= {"arms", "crossings", "matched"}
    for arm, cost in (("none", 1), ("adversarial", 5)):
        entry = found["compute"]["arms"][arm]
        assert entry["evaluations"] == [3 * 16 * cost, 6 * 16 * cost]
        assert {len(values) for values in entry.values()} == {2}


@pytest.fixture
def interim_words(tiny: list[str], tmp_path: Path) -> list[object]:
    return [
        "compare",
        "pilot",
        *tiny,
        "interim=true",
        "--seeds",
        4,
        "--arms",
        "none,adversarial",
        "--out",
        tmp_path / "s",
    ]


def test_one_look_at_half_of_the_seeds_goes_on_where_nothing_is_clear(
    ravine: Ravine, interim_words: list[object], tmp_path: Path, trained: list[str]
) -> None:
    found = strict(ravine(*interim_words, "--json").stdout)
    assert (found["interim"]["seeds"], found["interim"]["planned"], found["interim"]["action"]) == (2, 4, "go-on")
    assert strict((tmp_path / "s" / "interim.json").read_text()) == found["interim"]
    assert trained == [f"{arm}/{seed}" for seed in range(4) for arm in ("none", "adversarial")]
    assert [run["seed"] for run in found["arms"]["none"]["runs"]] == [0, 1, 2, 3]


def test_a_study_that_stopped_stays_stopped(
    ravine: Ravine, interim_words: list[object], tmp_path: Path, trained: list[str]
) -> None:
    ravine(*interim_words)
    looked = {"arm": "adversarial", "action": "stop-futility", "p": 0.1, "conditional_power": 0.01, "reason": "no use"}
    content = {"action": "stop", "seeds": 2, "planned": 4, "comparisons": [looked]}
    (tmp_path / "s" / "interim.json").write_text(json.dumps(content))
    count = len(trained)
    found = strict(ravine(*interim_words, "--json").stdout)
    assert len(trained) == count
    assert [run["seed"] for run in found["arms"]["none"]["runs"]] == [0, 1]
    (entry,) = [e for e in found["comparisons"] if e["registered"]]
    assert entry["verdict"] == "not decidable: stopped for futility at the interim look: no use"
    more = strict(ravine(*interim_words, "--seeds", 5, "--json").stdout)
    assert more["interim"]["action"] == "go-on"  # the look is used up
    assert len(more["arms"]["none"]["runs"]) == 5
