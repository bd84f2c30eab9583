"""Axes of a study: which runs they plan, where these lie, what is refused, and that no verdict depends on them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.report.planted import Plan, plant_run

from ravine.analysis.plan import PlannedRun
from ravine.config import StudyConfig, read_study
from ravine.config.axes import AxesConfig, Point
from ravine.config.points import places, points
from ravine.errors import ConfigurationError, RunError
from ravine.experiments import claiming, planning
from ravine.experiments.collecting import collected
from ravine.experiments.comparison import planned_rows
from ravine.experiments.standing import write_plan
from ravine.report.listing import unended_runs
from ravine.training.directory import RunDirectory

TINY = ["task.n=3", "energy={name='mlp',width=8,embedding_width=4}", "training={steps=10,batch=16,validate_every=0}"]
ARMS = '[arms.none]\nmining.arm = "none"\n[arms.random]\nmining.arm = "random"\n'


def study(folder: Path, text: str, *words: str, seeds: int = 2) -> StudyConfig:
    file = folder / "study.toml"
    file.write_text(f'seeds = {seeds}\nrun.base = "inverse-quick"\n{text}\n{ARMS}')
    return read_study(file, [*TINY, *words])


def names(axes: dict[str, object]) -> list[str]:
    return [point.name for point in AxesConfig.model_validate(axes).all]


@pytest.mark.parametrize(
    ("axes", "expected"),
    [
        ({"task": {"n": [2, 3]}}, ["task.n=2", "task.n=3"]),
        ({"grid": {"a.b": [1, 2], "c": ["x"]}}, ["a.b=1,c=x", "a.b=2,c=x"]),
        ({"zip": {"a": [1, 2], "b": [0.5, 1e-5]}}, ["a=1,b=0.5", "a=2,b=1e-05"]),
        ({"c": [1, 2], "zip": {"a": [1, 2], "b": [3, 4]}}, [f"c={c},a={a},b={a + 2}" for c in (1, 2) for a in (1, 2)]),
        ({"c": [1], "points": [{"a": {"b": 5}}, {"d": 2}]}, ["c=1", "a.b=5", "d=2"]),
        ({}, []),
    ],
    ids=["short", "grid", "zip", "both", "points", "none"],
)  # fmt: skip
def test_points_are_the_grid_with_the_zip_and_single_ones(axes: dict[str, object], expected: list[str]) -> None:
    assert names(axes) == expected
    assert AxesConfig.model_validate(AxesConfig.model_validate(axes).model_dump(mode="json")).all == [
        *AxesConfig.model_validate(axes).all
    ]


def test_a_name_can_be_a_folders_and_still_tells_points_apart() -> None:
    odd = [Point({"data": value}) for value in ("a/b", "a b", "../x", "é", "v" * 300)]
    assert len({point.name for point in odd}) == len(odd)
    assert all("/" not in point.name and len(point.name) <= 100 for point in odd)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[axes]\ntask.m = [2]", r"^axes: at task.m=2: task.m: no such field; there are .*$"),
        ("[axes]\ntask.n = 5", r"^axes.task.n: expected a list, not 5$"),
        ("[axes]\ntask.n = []", r"^axes.task.n: expected at least one entry, not \[\]$"),
        ("[axes]\ntask.n = [0]", r"^axes: at task.n=0: task.n: .*$"),
        ("[axes.zip]\ntask.n = [2, 4]\ntraining.batch = [8]", r"^axes.zip: .*; task.n has 2, training.batch has 1$"),
        ("[axes]\nseed = [1, 2]", r"^axes: seed cannot be an axis; seeds and first_seed say which there are$"),
        ("[axes]\ntask.n = [2, 2]", r"^axes: task.n=2 is there twice; leave one of them out$"),
        ("[axes]\ntask.n = [2]\n[axes.zip]\ntask.n = [4]", r"^axes: task.n would be set twice at every point.*$"),
        ('[axes]\nmining.arm = ["none"]', r"^axes: mining.arm: arm 'none' sets mining.arm itself; leave one.*$"),
        ("[axes]\nmining = [{ every = 2 }]", r"^axes: mining: arm 'none' sets mining.arm itself; leave one.*$"),
        ('[axes]\ntask.name = ["sudoku"]', r"^axes: at task.name=sudoku: metric: 'mse': no such metric; there are .*$"),
    ],
    ids=["unknown", "no-list", "empty", "invalid", "unequal", "seed", "twice", "both", "arm", "table", "metric"],
)
def test_what_cannot_be_an_axis_is_told_in_a_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        planning.check_study(study(tmp_path, text))


AXES = "[axes]\ntask.n = [2, 3, 4]\n"


def test_every_point_has_all_arms_and_seeds_and_the_studys_own_run_comes_first(tmp_path: Path) -> None:
    made = study(tmp_path, AXES)
    planning.check_study(made)
    assert list(points(made)) == ["task.n=2", "task.n=4"]
    plan = planning.plan(made, tmp_path)
    keys = [f"{arm}/{seed}" for seed in (0, 1) for arm in ("none", "random")]
    assert [run.key for run in plan[:4]] == keys
    assert {run.key for run in plan[4:]} == {f"task.n={n}/{key}" for n in (2, 4) for key in keys}
    assert {(run.point, run.config["task"]["n"]) for run in plan} == {("", 3), ("task.n=2", 2), ("task.n=4", 4)}
    assert plan[4].path == tmp_path / "points/task.n=2/runs/none/seed-0"
    assert len({run.path for run in plan}) == len(plan) == 12
    assert [run.config["seed"] for run in plan[:4]] == [0, 0, 1, 1]


def test_without_its_axes_a_study_is_the_same(tmp_path: Path) -> None:
    plain, explored = study(tmp_path, ""), study(tmp_path, AXES)
    assert planning.registration(plain) == planning.registration(explored)
    assert planning.plan(plain, tmp_path) == planning.plan(explored, tmp_path)[:4]
    assert all(planning.registration(each).registered(list(each.arms)) == [] for each in points(explored).values())


def test_places_hold_the_studys_own_run_once(tmp_path: Path) -> None:
    inside, outside = (places(study(tmp_path, f"[axes]\ntask.n = {values}")) for values in ([2, 3], [2, 4]))
    assert [(place.name, place.values["task.n"], place.beside) for place in inside] == [
        ("task.n=2", 2, False),
        ("", 3, False),
    ]
    assert [(place.name, place.values["task.n"], place.beside) for place in outside] == [
        ("", 3, True),
        ("task.n=2", 2, False),
        ("task.n=4", 4, False),
    ]
    assert places(study(tmp_path, "")) == []


def test_costs_are_matched_at_every_point_anew(tmp_path: Path) -> None:
    made = study(tmp_path, 'matching = "compute"\n[axes]\ntraining.steps = [20]')
    steps = {(run.point, run.arm): run.config["training"]["steps"] for run in planning.plan(made, tmp_path)}
    assert steps == {
        ("", "none"): 10,
        ("", "random"): 5,
        ("training.steps=20", "none"): 20,
        ("training.steps=20", "random"): 10,
    }


def test_what_points_come_to_lies_beside_the_verdict_and_never_in_it(tmp_path: Path) -> None:
    out, quick = tmp_path / "out", "evaluation.problems=8"
    made, plain = (study(tmp_path, text, quick, seeds=4) for text in ("[axes]\ntask.n = [2, 3]", ""))
    plan = planning.plan(made, out)
    history = claiming.claim(made, out)
    write_plan(out, planned_rows(plan), "ravine compare x", {})
    chance = np.random.default_rng(0)
    for run in plan:
        plant_run(run, Plan(made.arms, rows=2, measured=False), 0.0, chance)
    collected(made, out, plan, history, None)
    found = json.loads((out / "results.json").read_text())
    there, own = found["axes"]
    assert (there["values"], there["path"], there["task"]) == ({"task.n": 2}, "points/task.n=2", "inverse/2x2")
    assert (own["values"], own["path"], own["task"], own["beside"]) == ({"task.n": 3}, ".", "inverse/3x3", False)
    scored = json.loads((out / "points/task.n=2/runs/none/seed-0/evaluation.json").read_text())
    assert there["arms"]["none"]["0"] == scored["splits"]["same"]["metrics"]["mse"]["value"]
    assert not any(entry["registered"] for entry in there["comparisons"])
    assert json.loads((out / "points/task.n=2/results.json").read_text())["baselines"] != found["baselines"]
    without = collected(plain, out, [run for run in plan if not run.point], history, None)
    for key in ("outcome", "comparisons", "registration", "arms"):
        assert json.loads(json.dumps(without[key])) == found[key]
    RunDirectory(plan[8].path).set_status("failed", 1, 0.0, error="no room")
    assert unended_runs(collected(made, out, plan, history, None)) == ["none, seed 0, at task.n=2, failed: no room"]


def trained(run: PlannedRun) -> None:
    run.path.mkdir(parents=True)
    (run.path / "config.json").write_text(json.dumps(run.config))


def test_more_of_a_study_keeps_what_there_is(tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = study(tmp_path, "")
    claiming.claim(first, out)
    for run in planning.plan(first, out):
        trained(run)
    more = study(tmp_path, AXES, seeds=3)
    plan = planning.plan(more, out)
    claiming.refuse_trained_otherwise(plan)
    claiming.claim(more, out)
    assert sum((run.path / "config.json").exists() for run in plan) == 4
    assert (out / "points/task.n=2/study.json").exists()
    claiming.claim(first, out)


def test_a_changed_study_says_what_changed_and_how_to_fork(tmp_path: Path) -> None:
    out = tmp_path / "out"
    claiming.claim(study(tmp_path, ""), out)
    words = ["training.batch=8", "optimizer.learning_rate=1e-4", "mining.every=3", "training.log_every=7"]
    told = (
        r"^\S+ holds another study \(run.mining.every is 1 there and 3 here, .*, and 1 more\); choose another --out, .*"
    )
    with pytest.raises(RunError, match=told):
        claiming.claim(study(tmp_path, "", *words), out)
    changed = study(tmp_path, "").model_copy(
        update={"arms": {"none": {"mining.arm": "none"}, "random": {"mining.arm": "hard"}}}
    )
    with pytest.raises(
        RunError, match=r"arms.random.mining.arm is 'random' there and 'hard' here\); give a changed arm"
    ):
        claiming.claim(changed, out)
    renamed = changed.model_copy(update={"arms": {"none": {"mining.arm": "none"}, "hard": {"mining.arm": "hard"}}})
    claiming.claim(renamed, out)


def test_an_arm_whose_steps_are_now_others_is_refused_before_anything_runs(tmp_path: Path) -> None:
    plan = planning.plan(study(tmp_path, ""), tmp_path / "out")
    trained(plan[0])
    claiming.refuse_trained_otherwise(plan)
    other = replace(plan[0], config={**plan[0].config, "training": {**plan[0].config["training"], "steps": 12}})
    with pytest.raises(RunError, match=r"seed-0 holds another run \(training.steps is 10 there and 12 here\); give"):
        claiming.refuse_trained_otherwise([other])
