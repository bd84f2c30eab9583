"""The outcome of a study from its findings: every rule, and an answer to every situation there can be."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import replace

import pytest

from ravine.analysis.advice import ADVICE, advice
from ravine.analysis.conclusion import decide
from ravine.analysis.kinds import Kind
from ravine.analysis.situation import BETTER, NOT_BETTER, OPEN, ArmFinding, Name, Situation
from ravine.statistics import Finding, PairedComparison, Points, Verdict

V = Verdict
RATIOS = {
    V.CONFIRMED: 0.8,
    V.BETTER: 0.94,
    V.BETTER_BELOW_MARGIN: 0.97,
    V.EQUIVALENT: 1.0,
    V.RULED_OUT: 1.02,
    V.WORSE_BELOW_MARGIN: 1.03,
    V.WORSE: 1.04,
    V.WORSE_BEYOND_MARGIN: 1.2,
    V.INCONCLUSIVE: 0.98,
    V.NOT_DECIDABLE: 1.0,
}


def finding(row: Verdict) -> Finding:
    ratio = RATIOS[row]
    d = math.log(ratio)
    comparison = PairedComparison(d, d - 0.01, d + 0.01, 0.01, 10, 0.05, 2, 0.95)
    reason = "3 of 10 registered seeds are finished" if row is V.NOT_DECIDABLE else ""
    return Finding(row, comparison, 10, 0.05, seeds_needed=31 if row is V.INCONCLUSIVE else None, reason=reason)


def case(
    kind: Kind,
    arms: Mapping[Kind, Verdict],
    direct: Verdict | None = None,
    unstable: tuple[str, ...] = (),
    untrained: bool = False,
) -> Situation:
    """A baseline of a kind, other arms named by theirs, and one finding for all (dearer, cheaper) pairs."""
    found = tuple(ArmFinding(name, name, finding(row), name in unstable) for name, row in arms.items())
    order = ["none", "random", "mined"]
    pairs = [(a, b) for a in arms for b in arms if a in order and b in order and order.index(a) > order.index(b)]
    answers = {} if direct is None else {(str(a), str(b)): finding(direct) for a, b in pairs}
    return Situation("base", kind, found, answers, 0.05, "base" in unstable, untrained)


CASES: list[tuple[Situation, Name, str]] = [
    # A baseline without mining: the usual study.
    (case("none", {"random": V.EQUIVALENT, "mined": V.CONFIRMED}), Name.HELPS_BY_MARGIN, "5 % against base"),
    (case("none", {"random": V.WORSE, "mined": V.BETTER}), Name.HELPS, "a gain of 5 % is not shown"),
    (case("none", {"random": V.WORSE, "mined": V.BETTER_BELOW_MARGIN}), Name.HELPS, "but by less than 5 %"),
    (case("none", {"random": V.INCONCLUSIVE, "mined": V.CONFIRMED}), Name.HELPS_BY_MARGIN, "stays open"),
    (case("none", {"random": V.INCONCLUSIVE, "mined": V.CONFIRMED}, V.BETTER), Name.HELPS_BY_MARGIN, "against base."),
    (case("none", {"random": V.BETTER, "mined": V.BETTER}, V.EQUIVALENT), Name.RANDOM, "bring no relevant gain"),
    (case("none", {"random": V.BETTER, "mined": V.CONFIRMED}, V.CONFIRMED), Name.HELPS_BY_MARGIN, "the cheaper arms"),
    (case("none", {"random": V.BETTER, "mined": V.CONFIRMED}, V.BETTER), Name.HELPS, "the cheaper arms"),
    (case("none", {"random": V.BETTER, "mined": V.CONFIRMED}, V.INCONCLUSIVE), Name.INCONCLUSIVE, "better still"),
    (case("none", {"random": V.BETTER, "mined": V.CONFIRMED}), Name.INCONCLUSIVE, "stays open"),
    (case("none", {"random": V.CONFIRMED, "mined": V.WORSE}), Name.RANDOM, "random has a lower error than base"),
    (case("none", {"random": V.CONFIRMED, "mined": V.INCONCLUSIVE}), Name.INCONCLUSIVE, "better still"),
    (case("none", {"random": V.CONFIRMED, "mined": V.INCONCLUSIVE}, V.WORSE), Name.RANDOM, "lower error"),
    (case("none", {"random": V.WORSE, "mined": V.WORSE_BEYOND_MARGIN}), Name.NONE, "random and mined are worse"),
    (case("none", {"random": V.EQUIVALENT, "mined": V.WORSE_BELOW_MARGIN}), Name.NONE, "base, by less than 5 %, and"),
    (case("none", {"random": V.EQUIVALENT, "mined": V.EQUIVALENT}), Name.EQUIVALENT, "practically equivalent"),
    (case("none", {"random": V.EQUIVALENT, "mined": V.RULED_OUT}), Name.NO_GAIN, "No arm lowers the error by 5 %"),
    (case("none", {"random": V.WORSE, "mined": V.INCONCLUSIVE}), Name.INCONCLUSIVE, "31 seeds are needed"),
    (case("none", {"random": V.WORSE, "mined": V.NOT_DECIDABLE}), Name.NOT_DECIDABLE, "3 of 10 registered seeds"),
    # Instability goes before what else there is, unless something stable is better.
    (case("none", {"random": V.WORSE, "mined": V.INCONCLUSIVE}, None, ("mined",)), Name.UNSTABLE, "with mined"),
    (case("none", {"random": V.BETTER, "mined": V.CONFIRMED}, None, ("mined",)), Name.RANDOM, "random has a lower"),
    (case("none", {"random": V.BETTER, "mined": V.CONFIRMED}, V.BETTER, ("base",)), Name.UNSTABLE, "base itself"),
    (case("none", {"mined": V.NOT_DECIDABLE}, None, ("base",), True), Name.NOT_DECIDABLE, "predicting zero"),
    # A baseline of random negatives.
    (case("random", {"mined": V.CONFIRMED}), Name.HELPS_BY_MARGIN, "mined lowers the error"),
    (case("random", {"mined": V.EQUIVALENT}), Name.RANDOM, "no mined arm brings a relevant gain"),
    (case("random", {"none": V.WORSE, "mined": V.RULED_OUT}), Name.RANDOM, "no mined arm"),
    (case("random", {"none": V.EQUIVALENT, "mined": V.EQUIVALENT}), Name.NONE, "trains without negatives"),
    (case("random", {"none": V.BETTER, "mined": V.WORSE}), Name.NONE, "none has a lower error than base"),
    (case("random", {"none": V.BETTER, "mined": V.BETTER}, V.RULED_OUT), Name.NONE, "none has a lower error"),
    (case("random", {"none": V.BETTER, "mined": V.BETTER}, V.BETTER), Name.HELPS, "the cheaper arms"),
    (case("random", {"none": V.WORSE}), Name.BASELINE, "none is worse than base"),
    # A mined baseline.
    (case("mined", {"none": V.WORSE_BEYOND_MARGIN, "random": V.WORSE_BEYOND_MARGIN}), Name.HELPS_BY_MARGIN, "lowers"),
    (case("mined", {"none": V.WORSE_BEYOND_MARGIN, "random": V.WORSE}), Name.HELPS, "are worse than base"),
    (case("mined", {"none": V.WORSE, "random": V.EQUIVALENT}), Name.RANDOM, "random is practically"),
    (case("mined", {"none": V.EQUIVALENT, "random": V.EQUIVALENT}), Name.NONE, "none is practically equivalent"),
    (case("mined", {"random": V.BETTER}), Name.RANDOM, "random has a lower error than base"),
    (case("mined", {"none": V.BETTER, "random": V.WORSE}), Name.NONE, "none has a lower error than base"),
    # Studies that are not about whether to mine.
    (case("mined", {"mined": V.BETTER}), Name.BETTER, "Another arm is better: mined is better than base"),
    (case("mined", {"mined": V.WORSE}), Name.BASELINE, "mined is worse than base"),
    (case("mined", {"mined": V.EQUIVALENT}), Name.EQUIVALENT, "practically equivalent"),
    (case("unknown", {"unknown": V.CONFIRMED}), Name.BETTER, "by at least 5 % against base"),
    (case("unknown", {"unknown": V.RULED_OUT}), Name.NO_GAIN, "No arm lowers"),
    (case("none", {}), Name.NOTHING, "No comparison was registered"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "name", "words"), CASES)
def test_every_rule(given: Situation, name: Name, words: str) -> None:
    found = decide(given)
    assert found.name is name
    assert words in f"{found.clause}."


def test_the_cases_reach_every_name() -> None:
    assert {name for _, name, _ in CASES} == set(Name) == set(ADVICE)


KINDS: tuple[Kind, ...] = ("none", "random", "mined", "unknown")


@pytest.mark.parametrize("kind", KINDS)
def test_every_situation_has_one_outcome_that_its_findings_bear_out(kind: Kind) -> None:
    """All verdicts of two other arms, with every direct finding, and either of them unstable."""
    for first, second in itertools.combinations_with_replacement([k for k in KINDS if k != "unknown"], 2):
        for one, other, direct in itertools.product(V, V, (None, V.BETTER, V.EQUIVALENT, V.INCONCLUSIVE)):
            arms = (("a", first, one), ("b", second, other))
            found = tuple(ArmFinding(name, k, finding(row)) for name, k, row in arms)
            pairs = {("a", "b"): direct, ("b", "a"): direct}
            answers = {pair: finding(row) for pair, row in pairs.items() if row is not None}
            check(Situation("base", kind, found, answers))


def check(given: Situation) -> None:
    """What a careful reviewer asks of any outcome."""
    decision = decide(given)
    rows = [arm.verdict for arm in given.arms]
    better = [arm for arm in given.arms if arm.verdict in BETTER]
    if decision.name in {Name.HELPS, Name.HELPS_BY_MARGIN}:
        by_baseline = given.kind == "mined" and decision.arm is None
        assert by_baseline or (decision.arm in better and decision.arm is not None and decision.arm.kind == "mined")
    if decision.name is Name.HELPS_BY_MARGIN and decision.arm is not None:
        assert decision.arm.verdict is V.CONFIRMED or V.CONFIRMED in {f.verdict for f in given.direct.values()}
    if decision.name in {Name.EQUIVALENT, Name.NO_GAIN, Name.BASELINE}:
        assert set(rows) <= NOT_BETTER
    if not better and set(rows) & OPEN:
        assert decision.name in {Name.INCONCLUSIVE, Name.NOT_DECIDABLE}
    if set(rows) <= OPEN:
        assert decision.arm is not None
    assert "{" not in decision.clause
    assert all("{" not in words for words in advice(given, decision))
    assert advice(given, decision)


def test_advice_names_the_seeds_that_are_needed() -> None:
    open_study = case("none", {"mined": V.INCONCLUSIVE})
    assert "register 31 seeds" in advice(open_study, decide(open_study))[0]
    helps = case("none", {"mined": V.BETTER})
    (seeds, *_) = advice(helps, decide(helps))
    assert seeds.startswith("to show 5 %, if the ratio is truly 0.94, register ")


def test_on_points_no_outcome_speaks_of_errors() -> None:
    for given_case, name, _ in CASES:
        found = decide(replace(given_case, margin=0.02, scale=Points()))
        assert found.name is name
        assert "error" not in found.clause
        assert "%" not in found.clause


def test_margins_are_named_as_registered() -> None:
    given = Situation("base", "none", (ArmFinding("a", "mined", finding(V.CONFIRMED)),), {}, margin=0.1)
    assert "at least 10 %" in decide(given).clause
