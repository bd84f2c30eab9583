"""Runs that diverged count in the figures as they count in the verdict, whichever rule was registered."""

from pathlib import Path

import pytest
from tests.report.planted import THREE, Plan, plant

from ravine.report.reading.directory import read
from ravine.report.sections.errors import counted
from ravine.report.sections.seeds import paired
from ravine.report.sections.table import tables
from ravine.report.sections.troubles import troubles
from ravine.statistics.scale import DivergenceRule

TWO = {name: THREE[name] for name in ("none", "adversarial")}


@pytest.mark.parametrize(("rule", "words"), [("worse-than-zero", "predicted zero"), ("non-finite", "worst error seen")])
def test_what_counts_is_what_the_verdict_counts(tmp_path: Path, rule: DivergenceRule, words: str) -> None:
    states = {("adversarial", 1): "diverged"}
    plan = Plan(TWO, {"adversarial": 5.0}, seeds=4, states=states, measured=False, divergence=rule)
    subject = read(plant(tmp_path / "study", plan))
    arm, base = (subject.by_arm[name] for name in ("adversarial", "none"))
    (entry,) = (entry for entry in subject.comparisons if entry["registered"])
    measure = subject.metric
    ratios = paired(*(counted(subject, measure, runs, "same", [*arm, *base]) for runs in (arm, base)))
    assert ratios.mean == pytest.approx(entry["effect"])
    assert int(ratios.capped.sum()) == entry["diverged"][0] == {"worse-than-zero": 4, "non-finite": 1}[rule]
    assert words in tables(subject).words[0]
    assert any("worse than predicting zero" in line for line in troubles(subject).words) == (rule != "non-finite")
