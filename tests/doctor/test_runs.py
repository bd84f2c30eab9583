"""Runs with a log: the trend, a baseline at hand, checkpoints."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from ravine import runs
from ravine.config import RunConfig
from ravine.doctor.examine import examine
from ravine.doctor.own import OwnRun
from ravine.doctor.pipeline import Pipeline
from ravine.doctor.shown import History, Seen, Terms
from ravine.errors import RunError

Config = Callable[..., RunConfig]


class Logged(Pipeline):
    """A pipeline that has nothing but a log."""

    def __init__(self, rows: Sequence[dict[str, Any]], trivial: float | None = None, last: float = 1.0) -> None:
        self.rows, self.trivial, self.last = rows, trivial, last

    def history(self) -> History:
        return History(self.rows, self.trivial, self.last)


def trend(values: Sequence[float], **more: Any) -> tuple[str, str]:
    rows = [{"step": i, "denoise": value} for i, value in enumerate(values)]
    (finding,) = examine(Logged(rows, **more), codes=["D517"]).findings
    return finding.status, finding.says


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ([1.0, 0.5, 0.3, 0.2, 0.1, 0.1], "pass"),
        ([0.1, 0.1, 0.2, 0.5, 1.0, 2.0], "fail"),
        ([1.0, 0.5, 0.3, 30.0, 0.2, 0.1, 0.1, 0.1], "fail"),
        ([1.0, 0.01, 0.01, 0.01, 0.01, 0.01, 1.0, 1.0, 1.0], "fail"),
        ([1.0, 0.8, 0.6, 0.3, 0.28, 0.27, 1.0, 1.0, 1.0], "fail"),
        ([1.0, 0.01, 0.01, 0.01, 0.01, 0.01, 0.1, 0.1, 0.1], "warn"),
        ([1.0, 0.1, 0.01, 0.01, 0.3, 0.01, 0.01, 0.01, 0.01], "warn"),
        ([1.0, 0.5, float("nan"), 0.4], "fail"),
        ([1.0], "not applicable"),
    ],
)
def test_the_trend_of_the_losses(values: list[float], status: str) -> None:
    assert trend(values)[0] == status


@pytest.mark.parametrize(
    ("values", "status", "says"),
    [
        ([*[0.1] * 13, *[0.02] * 10, 30.0, *[0.01] * 16], "warn", "the losses jump and recover"),
        ([*[0.1] * 13, *[0.02] * 24, *[30.0] * 3], "fail", "the losses jump"),
        ([*[0.1] * 13, *[0.02] * 13, *[2.0] * 14], "fail", "the losses diverge"),
    ],
)
def test_a_leap_of_the_doctors_own_rough_steps(values: list[float], status: str, says: str) -> None:
    """It is a failure where it lasts; of a run's own log always, as above."""

    class Stepping(Pipeline):
        left = list(values)

        def fresh(self, **changes: Any) -> "Stepping":
            return Stepping()

        def step(self) -> Seen:
            loss = torch.tensor(self.left.pop(0))
            return Seen(terms=Terms(loss, loss, loss))

    (finding,) = examine(Stepping(), codes=["D517"]).findings
    assert (finding.status, finding.says) == (status, says)


def test_a_run_that_went_back_is_a_warning_however_it_ended() -> None:
    back = {"step": 2, "rollback": {"number": 1, "from": 5, "to": 2, "rate": 0.5, "why": "loss not finite"}}
    rows: list[dict[str, Any]] = [*({"step": i, "denoise": 1.0 / i} for i in range(1, 9)), back]
    (finding,) = examine(Logged(rows), codes=["D517"]).findings
    assert (finding.status, finding.evidence) == ("warn", {"diverged_at": [5]})


def test_a_plateau_at_a_trivial_predictor_s_level_is_a_warning() -> None:
    values = [1.0, 0.5, 0.3, 0.2]
    assert trend(values, trivial=0.02, last=0.0199) == ("warn", "the error is at the level of a trivial predictor")
    assert trend(values, trivial=0.02, last=0.01)[0] == "pass"


@pytest.mark.parametrize(("ours", "status"), [(0.02, "fail"), (0.01, "pass"), (0.005, "pass")])
def test_a_baseline_at_hand(ours: float, status: str) -> None:
    def log(error: float, cost: int) -> Logged:
        row = {"step": 10, "denoise": 1.0, "evaluations": cost}
        return Logged([row, {"step": 10, "validation": {"same": error}}])

    (finding,) = examine(log(ours, 30), baseline=log(0.01, 30), codes=["D518"]).findings
    assert finding.status == status
    assert finding.evidence["cost_ratio_at_equal_step"] == pytest.approx(ours / 0.01)


@pytest.mark.parametrize(("ours", "status"), [(1.4e-9, "warn"), (2e-8, "fail"), (1e-9, "pass")])
def test_a_baseline_whose_errors_fall_by_decades(ours: float, status: str) -> None:
    def log(*errors: float) -> Logged:
        rows: list[dict[str, Any]] = []
        for step, error in enumerate(errors, 1):
            rows += [{"step": step, "evaluations": step}, {"step": step, "validation": {"same": error}}]
        return Logged(rows)

    (finding,) = examine(log(0.1, 1e-4, ours), baseline=log(0.1, 1e-4, 1e-9), codes=["D518"]).findings
    assert finding.status == status


def test_at_equal_compute_a_cheaper_baseline_may_win() -> None:
    def log(errors: Sequence[float], cost: int) -> Logged:
        rows: list[dict[str, Any]] = []
        for i, error in enumerate(errors, 1):
            rows += [{"step": i, "denoise": 1.0, "evaluations": cost * i}, {"step": i, "validation": {"same": error}}]
        return Logged(rows)

    mined, plain = log([0.05, 0.03, 0.009], 3), log([0.04, 0.02, 0.01], 1)
    (finding,) = examine(mined, baseline=plain, codes=["D518"]).findings
    assert finding.status == "warn"
    assert finding.evidence["cost_ratio_at_equal_step"] == pytest.approx(0.9)
    assert finding.evidence["cost_ratio_at_equal_evaluations"] == pytest.approx(5.0)


def test_a_finished_run_is_examined_with_its_weights_and_log(config: Config, tmp_path: Path) -> None:
    words = ("training.steps=12", "training.log_every=2", "training.validate_every=6", "evaluation.problems=20")
    runs.train(config("mlp", *words), tmp_path / "run")
    pipeline = OwnRun(tmp_path / "run")
    assert pipeline.trained_steps == 12
    assert [row["step"] for row in pipeline.history().rows if "denoise" in row] == [2, 4, 6, 8, 10, 12]
    found = {f.code: f for f in examine(pipeline, codes=["D504", "D513", "D517"]).findings}
    assert found["D517"].evidence["rows"] == 6
    assert (found["D513"].status, found["D513"].says[-14:]) == ("not applicable", "barely trained")
    file = tmp_path / "run" / "metrics.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    file.write_text("".join(json.dumps({**row, "denoise": 2.0 ** row["step"]}) + "\n" for row in rows if "loss" in row))
    (again,) = examine(OwnRun(tmp_path / "run"), codes=["D517"]).findings
    assert again.says == "the losses diverge"


def test_a_directory_without_a_run(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="not a run's directory"):
        OwnRun(tmp_path)


@pytest.mark.parametrize(("task", "known"), [("inverse", True), ("addition", False)])
def test_no_plateau_shows_against_an_exact_trivial_predictor(
    task: str, known: bool, config: Config, tmp_path: Path
) -> None:
    words = (f"task.name={task}", "training.steps=4", "training.validate_every=4", "evaluation.problems=20")
    runs.train(config("mlp", *words), tmp_path / "run")
    assert (OwnRun(tmp_path / "run").history().trivial is not None) == known
