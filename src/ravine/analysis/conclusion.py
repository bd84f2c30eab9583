"""What a study about mining concludes, in words: a pure function of the registered findings.

Arms are told apart by the kind of negatives they train with: `none` is cheaper than `random`, that than `mined`, and a
dearer kind has to be shown better than a cheaper one to be called worth it.
"""

from collections.abc import Callable

from ravine.analysis.kinds import PRICE
from ravine.analysis.situation import BETTER, NOT_BETTER, OPEN, WORSE, ArmFinding, Decision, Name, Situation
from ravine.statistics import Finding, Verdict


def decide(situation: Situation) -> Decision:
    """Return the study's outcome: the first of the rules that applies; one of them always does."""
    return next(found for rule in RULES if (found := rule(situation)) is not None)


def nothing_registered(s: Situation) -> Decision | None:
    """Without a registered comparison nothing is decided."""
    return None if s.arms else Decision(Name.NOTHING, "No comparison was registered, so nothing is decided")


def baseline_untrained(s: Situation) -> Decision | None:
    """A baseline that learned nothing is no measure, though nothing broke."""
    if not s.untrained:
        return None
    return Decision(Name.NOT_DECIDABLE, f"Not decidable: every run of {s.baseline} is worse than predicting zero")


def baseline_unstable(s: Situation) -> Decision | None:
    """Comparisons with a baseline that diverges rest on the cap, not on what was learned."""
    if not s.unstable:
        return None
    return Decision(Name.UNSTABLE, f"Training became unstable in the baseline {s.baseline} itself")


def someone_better(s: Situation) -> Decision | None:
    """Of the arms that are better than the baseline the cheapest kind wins, unless a dearer one beats it directly."""
    better = s.of(BETTER)
    if not better:
        return None
    kinds = sorted({arm.kind for arm in better}, key=PRICE.__getitem__)
    champions = [next(arm for arm in better if arm.kind == kind) for kind in kinds]
    winner, finding = champions[0], champions[0].finding
    for dearer in champions[1:]:
        direct = s.direct.get((dearer.arm, winner.arm))
        if direct is None or direct.verdict in OPEN:
            return needed_or_not(s, dearer, winner)
        if direct.verdict in BETTER:
            winner, finding = dearer, direct
    rivals = [arm for arm in s.of(OPEN) if PRICE[winner.kind] < PRICE[arm.kind] < 3]
    for rival in rivals:
        direct = s.direct.get((rival.arm, winner.arm))
        if direct is None or direct.verdict not in NOT_BETTER:
            return needed_or_not(s, rival, winner)
    return decided_for(s, winner, finding)


def needed_or_not(s: Situation, dearer: ArmFinding, cheaper: ArmFinding) -> Decision:
    """A cheaper kind beats the baseline, and whether a dearer one is needed stays open."""
    clause = f"{cheaper.arm} is better than {s.baseline}, but whether {dearer.arm} is better still stays open"
    return Decision(Name.INCONCLUSIVE, f"Inconclusive: {clause}", dearer)


def decided_for(s: Situation, winner: ArmFinding, finding: Finding) -> Decision:
    """Name the outcome in which one arm is better than the baseline; `finding` is the one that decided for it."""
    lower = f"{winner.arm} {s.scale.better} {s.baseline}"
    if winner.kind == s.kind or "unknown" in (winner.kind, s.kind):
        words = winner.verdict.sentence(winner.arm, s.baseline, s.margin, s.scale)
        return Decision(Name.BETTER, f"Another arm is better: {words}", winner)
    if winner.kind == "none":
        return Decision(Name.NONE, f"No mining is best: {lower}", winner)
    if winner.kind == "random":
        mined = [arm for arm in s.arms if arm.kind == "mined" and not arm.unstable]
        beyond = ", and mined negatives bring no relevant gain beyond it" if mined else ""
        return Decision(Name.RANDOM, f"Random is enough: {lower}{beyond}", winner)
    against = s.baseline if finding is winner.finding else "the cheaper arms"
    doubt = "; whether random negatives would do as well stays open" if random_is_open(s, winner) else ""
    if finding.verdict is Verdict.CONFIRMED:
        clause = f"Mining helps: {winner.arm} {s.scale.gains(f'at least {s.gain}', against)}"
        return Decision(Name.HELPS_BY_MARGIN, clause + doubt, winner)
    below = finding.verdict is Verdict.BETTER_BELOW_MARGIN
    rest = f"but by less than {s.gain}" if below else f"a gain of {s.gain} is not shown"
    clause = f"Mining helps: {winner.arm} {s.scale.better} {against}; {rest}{doubt}"
    return Decision(Name.HELPS, clause, winner)


def random_is_open(s: Situation, winner: ArmFinding) -> bool:
    """Return whether a random arm is undecided against the baseline, and not beaten by the winner directly."""
    undecided = [arm for arm in s.arms if arm.kind == "random" and arm.verdict in OPEN]
    beaten = {pair[1] for pair, finding in s.direct.items() if pair[0] == winner.arm and finding.verdict in BETTER}
    return any(arm.arm not in beaten for arm in undecided)


def someone_unstable(s: Situation) -> Decision | None:
    """Nothing stable is better, and an arm's training diverged too often."""
    names = [arm.arm for arm in s.arms if arm.unstable]
    if not names:
        return None
    return Decision(Name.UNSTABLE, f"Training became unstable with {' and '.join(names)}")


def not_decidable(s: Situation) -> Decision | None:
    """A comparison without enough seeds, or refused."""
    open_arm = next((arm for arm in s.arms if arm.verdict is Verdict.NOT_DECIDABLE), None)
    if open_arm is None:
        return None
    clause = f"Not decidable: {open_arm.arm} against {s.baseline}: {open_arm.finding.reason}"
    return Decision(Name.NOT_DECIDABLE, clause, open_arm)


def inconclusive(s: Situation) -> Decision | None:
    """An interval that holds both a relevant gain and none."""
    arms = s.of(frozenset({Verdict.INCONCLUSIVE}))
    if not arms:
        return None
    names, needed = " and ".join(arm.arm for arm in arms), max(arm.finding.seeds_needed or 0 for arm in arms)
    clause = f"Inconclusive: {names} against {s.baseline} may gain {s.gain} or nothing"
    return Decision(Name.INCONCLUSIVE, f"{clause}; {needed} seeds are needed to decide it", arms[0])


def cheaper_is_equal(s: Situation) -> Decision | None:
    """An arm of a cheaper kind that is practically equivalent to the baseline makes the baseline's kind needless."""
    equal = [arm for arm in s.of(frozenset({Verdict.EQUIVALENT})) if PRICE[arm.kind] < PRICE[s.kind] < 3]
    if not equal:
        return None
    cheapest = min(equal, key=lambda arm: PRICE[arm.kind])
    clause = f"{cheapest.arm} is practically equivalent to {s.baseline}"
    if cheapest.kind == "random":
        return Decision(Name.RANDOM, f"Random is enough: {clause}", cheapest)
    return Decision(Name.NONE, f"No mining is best: {clause}, and trains without negatives", cheapest)


def dearer_is_best(s: Situation) -> Decision | None:
    """A mined baseline that every cheaper arm is worse than."""
    cheaper = [arm for arm in s.arms if PRICE[arm.kind] < PRICE[s.kind] < 3]
    if s.kind != "mined" or not cheaper or any(arm.verdict not in WORSE for arm in cheaper):
        return None
    names = " and ".join(arm.arm for arm in cheaper)
    if all(arm.verdict is Verdict.WORSE_BEYOND_MARGIN for arm in cheaper):
        clause = f"Mining helps: {s.baseline} {s.scale.gains(f'at least {s.gain}', names)}"
        return Decision(Name.HELPS_BY_MARGIN, clause)
    return Decision(Name.HELPS, f"Mining helps: {names} {'are' if len(cheaper) > 1 else 'is'} worse than {s.baseline}")


def baseline_is_best(s: Situation) -> Decision | None:
    """No arm is better than the baseline: its own kind is the answer."""
    if all(arm.verdict is Verdict.EQUIVALENT for arm in s.arms) and s.kind != "random":
        return Decision(Name.EQUIVALENT, f"All arms are practically equivalent to {s.baseline}")
    worse = [arm.arm for arm in s.of(WORSE)]
    about_mining = any(PRICE[s.kind] < PRICE[arm.kind] < 3 for arm in s.arms)
    if s.kind == "random" and about_mining:
        return Decision(Name.RANDOM, f"Random is enough: no mined arm brings a relevant gain over {s.baseline}")
    if not worse:
        return Decision(Name.NO_GAIN, f"No arm {s.scale.gains(s.gain, s.baseline)}")
    verb = "are" if len(worse) > 1 else "is"
    small = f", by less than {s.gain}" if {arm.verdict for arm in s.of(WORSE)} == {Verdict.WORSE_BELOW_MARGIN} else ""
    why = f"{' and '.join(worse)} {verb} worse than {s.baseline}{small}, and no arm brings a relevant gain"
    if s.kind == "none" and about_mining:
        return Decision(Name.NONE, f"No mining is best: {why}")
    return Decision(Name.BASELINE, f"The baseline is best: {why}")


RULES: tuple[Callable[[Situation], Decision | None], ...] = (
    nothing_registered,
    baseline_untrained,
    baseline_unstable,
    someone_better,
    someone_unstable,
    not_decidable,
    inconclusive,
    cheaper_is_equal,
    dearer_is_best,
    baseline_is_best,
)
"""In the order in which they are asked; the last one always answers."""
