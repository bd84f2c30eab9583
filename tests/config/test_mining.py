"""Bad mining configurations are one line each: the field's path, and what to write instead."""

from itertools import pairwise

import pytest

from ravine import build
from ravine.config import read_run
from ravine.config.arms import NAMED_ARMS, NAMED_MIXTURES
from ravine.config.mining import NAMED_CURRICULA
from ravine.errors import ConfigurationError
from ravine.tasks.base import Task
from ravine.tasks.matrix import Inverse

BAD = {
    "mining.mixture={random=0.5, hard=0.4}": r"^mining\.mixture: shares sum to 0\.9, not 1; write .* none = 0\.1",
    "mining.mixture={rnadom=1.0}": r"^mining\.mixture: no such arm; did you mean 'random'\?",
    "mining.stages=[{}, {start=0.5}, {start=0.2}]": r"^mining\.stages: stage 2 starts at 0\.2, not after stage 1",
    "mining.stages=[{}, {start=0.5}, {start=0.5}]": r"^mining\.stages: stage 2 starts at 0\.5, not after",
    "mining.stages=[{start=0.1}]": r"^mining\.stages: stage 0 starts after the beginning; write start = 0",
    "mining.stages=[{}, {start=0.5}, {start_step=9}]": r"^mining\.stages: some stages start by fraction and some",
    "mining.stages=[{}, {start=0.5, arm='hrad'}]": r"^mining\.stages: stage 1: arm: no such arm; .* 'hard'\?",
    "mining.stages=[{mixture={random=2.0}}]": r"^mining\.stages\.0\.mixture\.random: .*less than or equal to 1",
    "mining.temperature=0": r"^mining\.temperature: .*greater than 0",
    "mining.temperature=-1": r"^mining\.temperature: .*greater than 0",
    "mining.weight=-1": r"^mining\.weight: .*greater than or equal to 0",
    "mining.every=0": r"^mining\.every: .*greater than or equal to 1",
    "mining.arms.m.refine.steps=-1": r"^mining\.arms\.m\.refine\.steps: .*greater than or equal to 0",
    "mining.arms.m.refine.radius=0": r"^mining\.arms\.m\.refine\.radius: .*greater than 0",
    "mining.arms.m.select={kind='lowest', candidates=1}": r"^mining\.arms\.m\.select\.candidates: .*to 2",
    "mining.arms.m.propose={kind='replay', capacity=9}": r"^mining\.arms\.m\.propose\.capacity: 9 is less .*256",
    "mining.arms.m.propose.sclae=1": r"^mining\.arms\.m\.propose\.sclae: no such field; did you mean 'scale'\?",
    "mining.contrast=hinge": r"^mining\.contrast: ",
}


@pytest.mark.parametrize("word", BAD)
def test_a_fault_is_one_line_with_its_path(word: str) -> None:
    with pytest.raises(ConfigurationError, match=BAD[word]) as caught:
        read_run("inverse-quick", [word])
    assert "\n" not in str(caught.value)


class Bare(Task):
    """A task that cannot corrupt its answers."""

    name = "bare"
    bound = solve_bound = 2.0
    x_shape, y_shape = Inverse(3).x_shape, Inverse(3).y_shape
    sample = Inverse(3).sample
    residual = Inverse(3).residual
    baselines = Inverse(3).baselines


def test_an_arm_that_needs_corruption_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from ravine.build import mining

    monkeypatch.setattr(mining, "task", lambda config: Bare())
    with pytest.raises(
        ConfigurationError, match=r"mining\.arms\.corrupt\.propose\.kind: task 'bare' has no corruption"
    ):
        build.miners(read_run("inverse-quick", ["mining.arm=corrupt"]))


@pytest.mark.parametrize("name", NAMED_CURRICULA)
@pytest.mark.parametrize("accumulation", [1, 4])
def test_settings_change_exactly_at_the_boundaries(name: str, accumulation: int) -> None:
    words = [f"mining.curriculum={name}", "training.steps=1000", f"training.accumulation={accumulation}"]
    schedule = build.curriculum(read_run("inverse-quick", words))
    stages = schedule.stages
    for before, after in pairwise(stages):
        at = [schedule.settings_at(after.start + offset) for offset in (-1, 0, 1)]
        assert [entry.mixture for entry in at] == [before.mixture, after.mixture, after.mixture]
        assert [entry.temperature for entry in at] == [before.temperature, after.temperature, after.temperature]
    assert [stage.start for stage in stages] == sorted({stage.start for stage in stages})


def test_interpolation_meets_both_ends() -> None:
    stages = "mining.stages=[{arm='random', weight=1.0, temperature=4}, {start_step=100, arm='hard', weight=0.0}]"
    schedule = build.curriculum(read_run("inverse-quick", [stages, "mining.interpolate=true"]))
    settings = {step: schedule.settings_at(step) for step in (0, 25, 100, 500)}
    assert dict(settings[25].mixture) == pytest.approx({"random": 0.75, "hard": 0.25})
    assert [entry.weight for entry in settings.values()] == pytest.approx([1.0, 0.75, 0.0, 0.0])
    assert [entry.temperature for entry in settings.values()] == pytest.approx([4.0, 3.25, 1.0, 1.0])


def test_a_stage_that_a_short_training_rounds_away_gives_way() -> None:
    schedule = build.curriculum(read_run("inverse-quick", ["mining.curriculum=anneal", "training.steps=3"]))
    assert [stage.start for stage in schedule.stages] == [0, 1, 2]
    assert schedule.settings_at(2).mixture == (("hard", 1.0),)


def test_every_named_arm_and_mixture_can_be_chosen() -> None:
    for name in ("none", *NAMED_ARMS, *NAMED_MIXTURES):
        miners = build.miners(read_run("inverse-quick", [f"mining.arm={name}"]))
        assert set(miners) == set(NAMED_MIXTURES.get(name, {name: 1.0}))
