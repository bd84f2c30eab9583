"""`ravine train`: what it writes, how it goes on, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file
from tests.cli.said import Ravine, contents, one_line
from tests.report.planted import POINTS, RATIO

from ravine.cli.train import validation_note
from ravine.report.measure import Measure


def test_a_run_is_trained_scored_and_shown(ravine: Ravine, tiny: list[str], tmp_path: Path) -> None:
    out = tmp_path / "deep" / "run"
    done = ravine("train", "inverse-quick", *tiny, "--out", out)
    assert done.returncode == 0
    for word in ("same", "harder", "MSE", "skill", "zero", "mean", "least squares", "Newton-Schulz", "trivial"):
        assert word in done.stdout
    status = json.loads((out / "status.json").read_text())
    assert (status["state"], status["step"]) == ("finished", 6)
    names = {path.name for path in (out / "checkpoints").iterdir()}
    assert names == {"best.safetensors", "step-000000004.safetensors", "step-000000006.safetensors"}
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows if "loss" in row] == [2, 4, 6]
    assert [row["step"] for row in rows if "validation" in row] == [3, 6]
    assert not list(out.rglob("*.part*"))


def test_json_is_one_document_and_quiet_is_silent(ravine: Ravine, tiny: list[str], tmp_path: Path) -> None:
    done = ravine("train", "inverse-quick", *tiny, "--out", tmp_path / "a", "--json")
    content = json.loads(done.stdout)
    assert done.stderr == ""
    assert content["step"] == 6
    assert set(content["splits"]) == {"same", "harder"}
    assert content["baselines"]["zero"]["trivial"] is True
    same = content["splits"]["same"]
    best = min(entry["splits"]["same"]["mse"] for entry in content["baselines"].values() if entry["trivial"])
    assert same["skill"]["mse"] == pytest.approx(1 - same["metrics"]["mse"]["value"] / best)
    done = ravine("train", "inverse-quick", *tiny, "--out", tmp_path / "b", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_several_seeds_are_trained_together_each_in_its_own_directory(
    ravine: Ravine, tiny: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "seeds"
    done = ravine("train", "inverse-quick", *tiny, "--seeds", "3,0", "--out", out)
    assert done.returncode == 0
    assert [line.partition(": ")[0] for line in done.stdout.splitlines()] == ["seed-0", "seed-3"]
    assert "same: mse " in done.stdout
    assert json.loads((out / "seed-3" / "config.json").read_text())["seed"] == 3
    again = ravine("train", "inverse-quick", *tiny, "--seeds", "0,3", "--out", out, "--resume", "--json")
    assert set(json.loads(again.stdout)) == {"seed-0", "seed-3"}
    assert again.returncode == 0
    held = one_line(ravine("train", "inverse-quick", *tiny, "--seeds", "5,0", "--out", out))
    assert f"{out / 'seed-0'} holds a run already (finished); add --resume" in held
    assert not (out / "seed-5").exists()
    assert "--seeds: '0-7' is not a whole number" in one_line(ravine("train", "inverse-quick", "--seeds", "0-7"))


def test_the_same_seed_gives_the_same_run_and_another_seed_another(
    ravine: Ravine, tiny: list[str], tmp_path: Path, finished_run: Path
) -> None:
    ravine("train", "inverse-quick", *tiny, "--out", tmp_path / "again", "--quiet")
    ravine("train", "inverse-quick", *tiny, "seed=1", "--out", tmp_path / "other", "--quiet")
    name = "checkpoints/step-000000006.safetensors"
    assert (tmp_path / "again" / name).read_bytes() == (finished_run / name).read_bytes()
    other, first = load_file(tmp_path / "other" / name), load_file(finished_run / name)
    assert all(not first[key].equal(other[key]) for key in first if key.startswith("model/") and "weight" in key)


def test_a_run_begins_with_anothers_weights(
    ravine: Ravine, tiny: list[str], tmp_path: Path, finished_run: Path
) -> None:
    words = ["train", "inverse-quick", *tiny, "mining.weight_end=0", "--from", finished_run, "--out", tmp_path / "out"]
    assert ravine(*words, "--quiet").returncode == 0
    rows = [json.loads(line) for line in (tmp_path / "out" / "metrics.jsonl").read_text().splitlines()]
    assert [row["weight"] for row in rows if "loss" in row][-1] == 0
    training = json.loads((tmp_path / "out" / "config.json").read_text())["training"]
    assert (training["start_from"], len(training["start_weights"])) == (str(finished_run), 16)
    done = ravine("train", "inverse-quick", *tiny, "--from", tmp_path / "nowhere", "--out", tmp_path / "other")
    assert one_line(done).endswith("nowhere: no such run (no config.json there)")


@pytest.mark.parametrize("words", [[], ["training.steps=7"]])
def test_a_directory_with_a_run_is_refused_and_left_alone(
    ravine: Ravine, tiny: list[str], finished_run: Path, words: list[str]
) -> None:
    before = contents(finished_run)
    line = one_line(ravine("train", "inverse-quick", *tiny, *words, "--out", finished_run))
    expected = "training.steps is 6 there and 7 here" if words else "--resume"
    assert expected in line
    assert contents(finished_run) == before


def test_a_finished_run_is_resumed_into_itself(ravine: Ravine, tiny: list[str], finished_run: Path) -> None:
    before = contents(finished_run)
    done = ravine("train", "inverse-quick", *tiny, "--out", finished_run, "--resume", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["step"] == 6
    assert contents(finished_run) == before


def test_resume_of_another_configuration_is_refused(ravine: Ravine, tiny: list[str], finished_run: Path) -> None:
    done = ravine("train", "inverse-quick", *tiny, "mining.weight=0.7", "--out", finished_run, "--resume")
    assert "mining.weight is 0.5 there and 0.7 here" in one_line(done)


def test_the_written_configuration_is_accepted_as_input(ravine: Ravine, tmp_path: Path, finished_run: Path) -> None:
    out = tmp_path / "copy"
    assert ravine("train", finished_run / "config.json", "--out", out, "--quiet").returncode == 0
    name = "checkpoints/step-000000006.safetensors"
    assert (out / name).read_bytes() == (finished_run / name).read_bytes()
    assert (out / "config.json").read_bytes() == (finished_run / "config.json").read_bytes()


def test_a_directory_that_is_no_runs_is_refused(ravine: Ravine, tiny: list[str], tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    assert "not a run's directory" in one_line(ravine("train", "inverse-quick", *tiny, "--out", tmp_path))
    assert contents(tmp_path) == {"letter.txt": b"dear"}


def test_resume_without_a_run_starts_one(ravine: Ravine, tiny: list[str], tmp_path: Path) -> None:
    done = ravine("train", "inverse-quick", *tiny, "--out", tmp_path / "new", "--resume", "--quiet")
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["inverse-quik"], "did you mean 'inverse-quick'"),
        (["gone.toml"], "gone.toml: no such file"),
        (["pilot"], "`ravine compare pilot`"),
        (["inverse-quick", "trainig.steps=3"], "did you mean 'training'"),
        (["inverse-quick", "training.steps=x"], "training.steps: "),
        (["inverse-quick", "training.steps"], "field=value"),
        (["inverse-quick", "batch=7"], "did you mean training.batch?"),
        (["inverse-quick", "--training.steps=7"], "fields are written without dashes, training.steps=VALUE"),
        (["inverse-quick", "--bogus"], "no such option: --bogus"),
        (["inverse-quick", "training.rollback=2"], "training.rollback: expected a table of fields, not 2"),
        (["inverse-quick", "tracking=tensorbord"], "did you mean 'tensorboard'"),
        (["src"], "src: a directory; name its config.json or a TOML file"),
        (["inverse-quick", "evaluation.splits=['hard']"], "evaluation.splits: no such split"),
        (["inverse-quick", "evaluation.splits=[same,hard]"], "evaluation.splits: no such split"),
        (["inverse-quick", "mining.arm=advesarial"], "mining.arm: no such arm; did you mean 'adversarial'?"),
        (["inverse-quick", "seed=-1"], "seed: input should be greater than or equal to 0, not -1"),
        (["inverse-quick", "--seed", "3"], "fields are written without dashes, seed=VALUE"),
        (["inverse-quick", "--from", "nowhere"], "training.start_from: nowhere: no such run"),
        (["inverse-quick", "compute.device=cuda:7"], "compute.device"),
        (["inverse-quick", "task=3"], "task: expected a table with a name, not 3"),
        (["inverse-quick", "task.name=[sudoku]"], "task.name: no such name; did you mean 'sudoku'?"),
        (["inverse-quick", f"training.batch={2**63}"], "training.batch: expected a whole number below 2^63"),
        ([""], "no preset or file ''"),
    ],
)
def test_bad_configurations_make_nothing(
    ravine: Ravine, tiny: list[str], tmp_path: Path, words: list[str], expected: str
) -> None:
    overrides = [word for word in tiny if word.startswith(("task", "energy"))]
    assert expected in one_line(ravine("train", words[0], *overrides, *words[1:], "--out", tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_every_command_refuses_to_be_one_of_several_processes(
    ravine: Ravine, tiny: list[str], tmp_path: Path, finished_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")
    for words in (["train", "inverse-quick", *tiny], ["compare", "pilot"], ["solve", finished_run, "x.npy"]):
        assert "torchrun" in one_line(ravine(*words, "--out", tmp_path / "out"))
    assert "torchrun" in one_line(ravine("evaluate", finished_run, "--budget", "1"))
    assert not (tmp_path / "out").exists()


TASK = '''
import torch
from ravine.batch import Batch
from ravine.tasks.base import Task
from ravine.tasks.baselines import LeastSquares, Zero


class Doubling(Task):
    """y = 2 x."""

    name = "doubling"
    bound = solve_bound = 2.0

    def __init__(self, size=3):
        self.x_shape = self.y_shape = (size,)

    def sample(self, size, generator, split="same", dtype=torch.float32):
        x = torch.rand((size, *self.x_shape), generator=generator, device=generator.device, dtype=dtype)
        return Batch(x, 2 * x)

    def solved(self, batch, answer):
        return (answer - 2 * batch.x).abs().amax(1) < 1e-3

    def baselines(self):
        return {"zero": Zero(), "least squares": LeastSquares()}


def nothing():
    return 3


def broken():
    raise RuntimeError("my own fault")


number = 4
'''


@pytest.fixture
def own_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module with a task in the working directory; its name."""
    name = f"own_task_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(TASK)
    monkeypatch.chdir(tmp_path)
    return name


def test_a_task_of_ones_own_in_the_working_directory(ravine: Ravine, tiny: list[str], own_task: str) -> None:
    task = f'task={{name="custom", factory="{own_task}:Doubling", options={{size=5}}}}'
    done = ravine("train", "inverse-quick", *tiny[1:], task, "--out", "run", "--json")
    content: dict[str, Any] = json.loads(done.stdout)
    assert content["splits"]["same"]["problems"] == 50
    assert content["splits"]["same"]["skill"]["mse"] is None
    assert content["baselines"]["least squares"]["splits"]["same"]["mse"] < 1e-10
    assert ravine("evaluate", "run", "--json").returncode == 0
    assert one_line(ravine("solve", "run", "x.npy"))


@pytest.mark.parametrize(
    ("factory", "expected"),
    [
        ("no_such_module_here:made", "No module named 'no_such_module_here'"),
        ("{module}:missing", "missing"),
        ("{module}", "module:callable"),
        ("", "module:callable"),
        (":made", "module:callable"),
        ("{module}:number", "not callable"),
        ("{module}:nothing", "Task but 3"),
    ],
)
def test_factories_that_make_no_task(
    ravine: Ravine, tiny: list[str], own_task: str, factory: str, expected: str
) -> None:
    task = f"task={{name='custom', factory='{factory.replace('{module}', own_task)}'}}"
    line = one_line(ravine("train", "inverse-quick", *tiny[1:], task, "--out", "run"))
    assert "task.factory" in line
    assert expected in line
    assert not Path("run").exists()


def test_options_that_the_factory_does_not_take(ravine: Ravine, tiny: list[str], own_task: str) -> None:
    task = f"task={{name='custom', factory='{own_task}:Doubling', options={{colour=1}}}}"
    line = one_line(ravine("train", "inverse-quick", *tiny[1:], task, "--out", "run"))
    assert "task.options" in line
    assert "colour" in line


def test_a_fault_inside_a_factory_keeps_its_traceback(ravine: Ravine, tiny: list[str], own_task: str) -> None:
    task = f"task={{name='custom', factory='{own_task}:broken'}}"
    with pytest.raises(RuntimeError, match="my own fault"):
        ravine("train", "inverse-quick", *tiny[1:], task, "--out", "run")


def test_a_validation_is_told_by_its_label_on_its_scale() -> None:
    loss, share = (Measure.of("m", {"label": label, **facts}) for label, facts in (("MSE", RATIO), ("solved", POINTS)))
    assert validation_note(loss, {"same": 0.01234, "harder": None}) == "MSE 0.0123 on same, — on harder"
    assert validation_note(share, {"same": 0.9731}) == "solved 97.3 % on same"
