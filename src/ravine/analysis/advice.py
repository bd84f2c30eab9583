"""What to try next after each outcome: which ablation, which setting, how many seeds."""

from collections.abc import Mapping

from ravine import statistics
from ravine.analysis.situation import Decision, Name, Situation
from ravine.statistics import Verdict

SEEDS = "register {seeds} seeds in a new study, with a first_seed beyond those used here"
EQUAL = 'ask it again at equal compute: matching = "compute"'
LANDSCAPES = (
    "look at `ravine evaluate RUN --landscapes`: a norm of the noise prediction below 1 says that the contrast has "
    "shrunk the gradient that denoising needs"
)
IDENTICAL = "ask it where arms can differ: a harder split, more evaluation.problems, or a graded metric"
STEADIER = "lower the spread: training longer with a learning rate that decays to zero, a larger evaluation.problems"
ADVICE: Mapping[Name, tuple[str, ...]] = {
    Name.HELPS_BY_MARGIN: (
        EQUAL,
        "ablate what helps: mining.arms.NAME.refine.steps of 0, 1, 2, 5, 10, and select, as in examples/ablation.toml",
        "see whether it holds on the other splits, with a study that registers them",
    ),
    Name.HELPS: (
        EQUAL,
        "ablate mining.arms.NAME.refine.steps and select, as in examples/ablation.toml",
    ),
    Name.RANDOM: (
        "leave refinement out, and spend its energy evaluations on more steps",
        "vary mining.arms.NAME.propose.scale, the one setting of random negatives",
        "try a harder arm once more: arm = hard, or curriculum = warm-up",
    ),
    Name.NONE: (
        "mine less or later: mining.weight = 0.05, mining.every = 4, curriculum = warm-up",
        LANDSCAPES,
        "ask it of an energy that can represent the answer: energy.name = matrix",
    ),
    Name.UNSTABLE: (
        "lower mining.weight, raise mining.temperature, or keep negatives near: mining.arms.NAME.refine.radius = 1",
        "lower optimizer.learning_rate or add optimizer.warmup",
        "read the reasons of the diverged runs below, and their metrics.jsonl before the end",
    ),
    Name.BETTER: (EQUAL, "repeat it on fresh seeds before building on it"),
    Name.BASELINE: (LANDSCAPES, "keep the baseline, or vary one field of the worse arm at a time"),
    Name.EQUIVALENT: (
        "take the arm that costs least",
        "ask it where errors are larger: another split, or an energy that can represent the answer",
    ),
    Name.NO_GAIN: ("take the arm that costs least", STEADIER),
    Name.INCONCLUSIVE: (STEADIER,),
    Name.NOT_DECIDABLE: ("finish the registered runs: the same `ravine compare` command continues the study",),
    Name.NOTHING: ("name arms under `comparisons` in a new study's file, or choose its `baseline`",),
}


def advice(situation: Situation, decision: Decision) -> tuple[str, ...]:
    """Return what to try next: what the numbers ask for first, then what goes with the outcome."""
    if situation.untrained:
        return ("train longer or faster until the baseline beats zero: training.steps, optimizer.learning_rate",)
    return (*seeds_to_register(situation, decision), *ADVICE[decision.name])


def seeds_to_register(situation: Situation, decision: Decision) -> tuple[str, ...]:
    """Return the advice on seeds, where more of them could settle what is open."""
    if decision.name is Name.INCONCLUSIVE:
        open_arms = [arm.finding for arm in situation.arms] + list(situation.direct.values())
        needed = max((finding.seeds_needed or 0 for finding in open_arms), default=0)
        return (SEEDS.format(seeds=needed),) if needed else ()
    if decision.name is Name.HELPS and decision.arm is not None:
        return to_show_the_margin(situation, decision.arm.finding)
    if decision.name is Name.NOT_DECIDABLE and decision.arm is not None and "refused" in decision.arm.finding.reason:
        return ("run both arms with the same budget, test set and code, in a directory of their own",)
    if decision.name is Name.NOT_DECIDABLE and decision.arm is not None and "identical" in decision.arm.finding.reason:
        return (IDENTICAL,)
    return ()


def to_show_the_margin(situation: Situation, finding: statistics.Finding) -> tuple[str, ...]:
    """Return how many seeds would show a gain of the margin, if the effect found were the true one."""
    c, scale = finding.comparison, finding.comparison.scale
    beyond = c.mean + scale.delta(finding.margin)
    if finding.verdict is not Verdict.BETTER or beyond >= 0:
        return ()
    seeds = statistics.seeds_needed(beyond, c.spread, c.comparisons, level=c.level)
    true = f"if the {scale.noun} is truly {scale.shown(c.effect)}"
    return (f"to show {situation.gain}, {true}, {SEEDS.format(seeds=seeds)}",)
