"""Bad mining configurations are one line each: the field's path, and what to write instead."""

from itertools import pairwise

import pytest

from ravine import build
from ravine.config import read_run
from ravine.config.mining import NAMED_CURRICULA
from ravine.errors import ConfigurationError
from ravine.mining.arms import NAMED_ARMS, NAMED_MIXTURES
from ravine.mining.shares import shares

BAD = {
    "mining.mixture={random=0.5, hard=0.4}": r"^mining\.mixture: shares sum to 0\.9, not 1; write .* none = 0\.1",
    "mining.mixture={none=0.2, hard=0.7}": r"^mining\.mixture: shares sum to 0\.9, not 1; write .* none = 0\.3$",
    "mining.mixture={random=0.8, hard=0.7}": r"^mining\.mixture: shares sum to 1\.5, not 1; write smaller shares$",
    "mining.mixture={none=nan, hard=0.7}": r"^mining\.mixture\.none: ",
    "mining.mixture={rnadom=1.0}": r"^mining\.mixture: no such arm; did you mean 'random'\?",
    "mining.stages=[{}, {start=0.5}, {start=0.2}]": r"^mining\.stages: stage 2 starts at 0\.2, not after stage 1",
    "mining.stages=[{}, {start=0.5}, {start=0.5}]": r"^mining\.stages: stage 2 starts at 0\.5, not after",
    "mining.stages=[{start=0.1}]": r"^mining\.stages: stage 0 starts after the beginning; write start = 0",
    "mining.stages=[{}, {start=0.5}, {start_step=9}]": r"^mining\.stages: some stages start by fraction and some",
    "mining.stages=[{}, {start=0.5, arm='hrad'}]": r"^mining\.stages: stage 1: arm: no such arm; .* 'hard'\?",
    "mining.stages=[{}, {start_step=9}, {start_step=4}]": r"^mining\.stages: stage 2 starts at 4, not after stage 1",
    "mining.stages=[{start_step=3}]": r"^mining\.stages: stage 0 starts after the beginning; write start = 0",
    "mining.stages=[{}, {start=0.5, start_step=9}]": r"^mining\.stages: stage 1 has both start and start_step; write",
    "mining.stages=[{}, {start_step=-5}]": r"^mining\.stages\.1\.start_step: .*greater than or equal to 0",
    "mining.stages=[{}, {start=0.5, temperature=0}]": r"^mining\.stages\.1\.temperature: .*greater than 0",
    "mining.stages=[{}, {start=0.5, weight=-1}]": r"^mining\.stages\.1\.weight: .*greater than or equal to 0",
    "mining.stages=[{mixture={rndom=1.0}}]": r"^mining\.stages: stage 0: no such arm; did you mean 'random'\?",
    "mining.stages=[{mixture={random=0.5}}]": r"^mining\.stages: stage 0: shares sum to 0\.5, not 1; .* none = 0\.5",
    "mining.stages=[{mixture={random=2.0}}]": r"^mining\.stages\.0\.mixture\.random: .*less than or equal to 1",
    "mining.temperature=0": r"^mining\.temperature: .*greater than 0",
    "mining.arm=rndom": r"^mining\.arm: no such arm; did you mean 'random'\?",
    "mining.arms.none.refine.steps=3": r"^mining\.arms: 'none' is taken .*; write another name",
    "mining.arms.ensemble.refine.steps=3": r"^mining\.arms: 'ensemble' is taken .*; write another name",
    "mining.temperature=inf": r"^mining\.temperature: .*finite",
    "mining.temperature=-1": r"^mining\.temperature: .*greater than 0",
    "mining.weight=-1": r"^mining\.weight: .*greater than or equal to 0",
    "mining.every=0": r"^mining\.every: .*greater than or equal to 1",
    "mining.arms.m.refine.steps=-1": r"^mining\.arms\.m\.refine\.steps: .*greater than or equal to 0",
    "mining.arms.m.refine.radius=0": r"^mining\.arms\.m\.refine\.radius: .*greater than 0",
    "mining.arms.m.select={kind='lowest', candidates=1}": r"^mining\.arms\.m\.select\.candidates: .*to 2",
    "mining.arms.m.propose={kind='replay', capacity=9}": r"^mining\.arms\.m\.propose\.capacity: 9 is less .*128",
    "mining.arms.m.propose.sclae=1": r"^mining\.arms\.m\.propose\.sclae: no such field; did you mean 'scale'\?",
    "mining.contrast=hinge": r"^mining\.contrast\.kind: no such kind",
}


@pytest.mark.parametrize("word", BAD)
def test_a_fault_is_one_line_with_its_path(word: str) -> None:
    with pytest.raises(ConfigurationError, match=BAD[word]) as caught:
        read_run("inverse-quick", [word])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("chosen", ["arm=replay", "mixture={replay=1.0}", "stages=[{}, {start=0.5, arm='replay'}]"])
def test_a_replay_holds_a_batch_wherever_it_is_chosen(chosen: str) -> None:
    with pytest.raises(
        ConfigurationError, match=r"^mining\.arms\.replay\.propose\.capacity: 8192 is less than a batch"
    ):
        read_run("inverse-quick", [f"mining.{chosen}", "training.batch=9000"])


@pytest.mark.parametrize("step", [0, 1, 10_000, 1_000_000])
def test_rounded_shares_leave_no_row_without_an_arm(step: int) -> None:
    mixture = "mining.mixture={random=0.3333333, hard=0.3333333, adversarial=0.3333333}"
    found = shares(build.curriculum(read_run("inverse-quick", [mixture])).settings_at(step).mixture, 256, step)
    assert found[-1].rows.stop == 256


STARTS = {
    "constant": {0: "adversarial"},
    "warm-up": {0: "none", 100: "random", 300: "adversarial"},
    "anneal": {0: "none", 100: "random", 400: "adversarial", 700: "hard"},
}


@pytest.mark.parametrize("name", NAMED_CURRICULA)
def test_settings_depend_on_nothing_but_the_step(name: str) -> None:
    schedule = build.curriculum(read_run("inverse-quick", [f"mining.curriculum={name}", "training.steps=1000"]))
    steps = sorted({max(0, start + offset) for start in STARTS[name] for offset in (-1, 0, 1)} | {999, 5000})
    found = {step: schedule.settings_at(step) for step in steps}
    assert found == {step: schedule.settings_at(step) for step in reversed(steps)}
    for step, entry in found.items():
        assert entry.mixture == ((STARTS[name][max(start for start in STARTS[name] if start <= step)], 1.0),)


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
        rest = {"none"} if name in NAMED_ARMS and NAMED_ARMS[name].share < 1 else set()
        assert set(miners) == set(NAMED_MIXTURES.get(name, {name: 1.0})) | rest
