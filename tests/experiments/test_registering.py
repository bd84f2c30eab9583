"""What a study's directory remembers of its registrations."""

import json
from dataclasses import replace
from pathlib import Path

from ravine.analysis.plan import Registration
from ravine.experiments.registering import register, registered_after, registration_entry
from ravine.training.directory import RunDirectory

FIRST = Registration("none", 3, "same", 0.05, ("random",))
LATER = replace(FIRST, seeds=10)


def end_runs(study: Path, count: int) -> None:
    for seed in range(count):
        path = study / "runs" / "none" / f"seed-{seed}"
        path.mkdir(parents=True, exist_ok=True)
        RunDirectory(path).set_status("diverged" if seed else "finished", 6, 1.0)


def test_a_first_registration_is_early(tmp_path: Path) -> None:
    history = register(tmp_path, FIRST)
    assert registered_after(history, FIRST) == 0
    entry = registration_entry(FIRST, ["none", "random", "extra"], history)
    assert (entry["registered_after"], entry["others"], entry["comparisons"]) == (0, [], ["random"])
    assert set(entry) >= {"baseline", "seeds", "first_seed", "split", "metric", "margin", "matching", "divergence"}


def test_what_changes_before_a_run_ended_replaces(tmp_path: Path) -> None:
    register(tmp_path, FIRST)
    history = register(tmp_path, LATER)
    assert len(history) == 1
    assert registered_after(history, LATER) == 0


def test_what_changes_later_says_after_how_many_runs(tmp_path: Path) -> None:
    register(tmp_path, FIRST)
    end_runs(tmp_path, 2)
    history = register(tmp_path, LATER)
    assert registered_after(history, LATER) == 2
    entry = registration_entry(LATER, ["none", "random"], history)
    assert entry["registered_after"] == 2
    assert [other["registration"]["seeds"] for other in entry["others"]] == [3]
    end_runs(tmp_path, 3)
    again = register(tmp_path, LATER)
    assert registered_after(again, LATER) == 2
    assert json.loads((tmp_path / "registration.json").read_text())["history"] == again


def test_the_first_registration_stays_early_whatever_came_after(tmp_path: Path) -> None:
    register(tmp_path, FIRST)
    end_runs(tmp_path, 2)
    register(tmp_path, LATER)
    assert registered_after(register(tmp_path, FIRST), FIRST) == 0


def test_registrations_of_before_metrics_were_the_mean_squared_error(tmp_path: Path) -> None:
    register(tmp_path, FIRST)
    held = json.loads((tmp_path / "registration.json").read_text())
    del held["history"][0]["registration"]["metric"]
    (tmp_path / "registration.json").write_text(json.dumps(held))
    end_runs(tmp_path, 2)
    history = register(tmp_path, FIRST)
    assert len(history) == 1
    assert registered_after(history, FIRST) == 0
    assert registered_after(register(tmp_path, replace(FIRST, metric="solved")), replace(FIRST, metric="solved")) == 2


def test_a_directory_without_the_file_was_registered_as_it_was_made(tmp_path: Path) -> None:
    end_runs(tmp_path, 2)
    history = register(tmp_path, LATER, before=FIRST)
    assert [entry["ended_runs"] for entry in history] == [0, 2]
    assert registered_after(history, LATER) == 2
