"""Axes on the page: curves for one, maps for two, all numbers beside them, and a verdict that knows nothing of them."""

from pathlib import Path

import numpy as np
import pytest
from tests.report.planted import Plan, plant

from ravine.experiments.standing import write_plan
from ravine.report.look import styles
from ravine.report.panel import Section
from ravine.report.reading.directory import read
from ravine.report.sections.points import explored

ARMS = {"none": {"mining.arm": "none"}, "random": {"mining.arm": "random"}}


def planted(folder: Path, axes: list[dict[str, object]], effects: list[float]) -> Section:
    """Return the section on a study with points at which its second arm has these effects."""
    out = plant(folder / "study", Plan(ARMS, {"random": effects[0]}, seeds=4, rows=2, measured=False, spread=0.001))
    for entry, effect in zip(axes[1:], effects[1:], strict=True):
        plan = Plan(ARMS, {"random": effect}, seeds=4, rows=2, measured=False, spread=0.001)
        plant(out / "points" / str(entry["name"]), plan)
    write_plan(out, [("none", 0, 1)], "", {}, axes)
    subject = read(out)
    section = explored(subject, styles(subject.arms, subject.baseline))
    assert section is not None
    return section


def test_one_axis_is_a_curve_of_every_arm_and_of_its_effect(tmp_path: Path) -> None:
    axes: list[dict[str, object]] = [
        {"name": "", "values": {"task.n": 6}, "beside": True},
        {"name": "task.n=9", "values": {"task.n": 9}, "beside": False},
        {"name": "task.n=12", "values": {"task.n": 12}, "beside": False},
    ]
    section = planted(tmp_path, axes, [0.0, -0.1, -0.3])
    metric, effect = section.panels
    assert {row[0] for row in metric.data.rows} == {"none", "random", "best trivial"}
    assert [row[1] for row in effect.data.rows] == [6, 9, 12]
    assert [float(row[2] or 0) for row in effect.data.rows] == pytest.approx(np.exp([0, -0.1, -0.3]), rel=0.02)
    every = section.tables[1].data
    assert every is not None
    assert every.header[:3] == ["task.n", "arm", "seed"]
    assert len(every.rows) == 3 * 2 * 4


def test_two_axes_are_maps(tmp_path: Path) -> None:
    pairs = [(n, batch) for n in (3, 6) for batch in (8, 16)]
    axes: list[dict[str, object]] = [
        {"name": f"{n}-{b}" if index else "", "values": {"task.n": n, "training.batch": b}, "beside": False}
        for index, (n, b) in enumerate(pairs)
    ]
    section = planted(tmp_path, axes, [0.0, -0.1, -0.2, -0.3])
    assert [panel.title for panel in section.panels] == [
        "none: MSE",
        "random: MSE",
        "random: effect against none",
    ]
    cells = {(row[0], row[1]): float(row[3] or 0) for row in section.panels[2].data.rows}
    assert [cells[pair] for pair in pairs] == pytest.approx(np.exp([0, -0.1, -0.2, -0.3]), rel=0.02)


def test_axes_that_are_no_numbers_are_a_table(tmp_path: Path) -> None:
    axes: list[dict[str, object]] = [
        {"name": name, "values": {"energy.name": value}, "beside": False}
        for name, value in (("", "mlp"), ("m", "matrix"))
    ]
    section = planted(tmp_path, axes, [0.0, 0.1])
    assert not section.panels
    assert [row[0] for row in section.tables[0].rows] == ["mlp", "mlp", "matrix", "matrix"]


def test_a_study_without_axes_has_no_such_section(tmp_path: Path) -> None:
    subject = read(plant(tmp_path / "study", Plan(ARMS, seeds=2, rows=2, measured=False)))
    assert explored(subject, styles(subject.arms, subject.baseline)) is None
