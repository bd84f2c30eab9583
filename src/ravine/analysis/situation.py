"""What a conclusion rests on, and the names that it may take."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ravine.analysis.kinds import Kind
from ravine.statistics import RATIO, Finding, Scale, Verdict

BETTER = frozenset({Verdict.CONFIRMED, Verdict.BETTER_BELOW_MARGIN, Verdict.BETTER})
WORSE = frozenset({Verdict.WORSE_BEYOND_MARGIN, Verdict.WORSE_BELOW_MARGIN, Verdict.WORSE})
NOT_BETTER = WORSE | {Verdict.EQUIVALENT, Verdict.RULED_OUT}
"""Verdicts that settle that an arm brings no relevant gain."""
OPEN = frozenset({Verdict.INCONCLUSIVE, Verdict.NOT_DECIDABLE})
"""Verdicts that settle nothing."""


class Name(StrEnum):
    """The outcomes of a study, in the words of `results.json`."""

    HELPS_BY_MARGIN = "mining helps, by at least the margin"
    HELPS = "mining helps"
    RANDOM = "random is enough"
    NONE = "no mining is best"
    UNSTABLE = "training became unstable"
    BETTER = "another arm is better"
    BASELINE = "the baseline is best"
    EQUIVALENT = "practically equivalent"
    NO_GAIN = "no relevant gain"
    INCONCLUSIVE = "inconclusive"
    NOT_DECIDABLE = "not decidable"
    NOTHING = "nothing registered"


@dataclass(frozen=True)
class ArmFinding:
    """A registered arm: what it trains with, its finding against the baseline, whether its training is unstable."""

    arm: str
    kind: Kind
    finding: Finding
    unstable: bool = False

    @property
    def verdict(self) -> Verdict:
        """The row of the verdict table."""
        return self.finding.verdict


@dataclass(frozen=True)
class Situation:
    """All that a conclusion rests on.

    `arms`: the registered ones; `direct`: findings of (dearer, cheaper) pairs of them, looked at only where both are
    better than the baseline; `unstable`: runs of the baseline diverged too often; `untrained`: they all came to an end,
    worse than predicting zero.
    """

    baseline: str
    kind: Kind
    arms: tuple[ArmFinding, ...]
    direct: Mapping[tuple[str, str], Finding]
    margin: float = RATIO.default_margin
    unstable: bool = False
    untrained: bool = False
    scale: Scale = RATIO

    @property
    def gain(self) -> str:
        """The margin as the metric's scale shows it."""
        return self.scale.margin(self.margin)

    def of(self, verdicts: frozenset[Verdict]) -> list[ArmFinding]:
        """Return the stable arms with one of these verdicts: confirmed ones first, then by effect."""
        found = [arm for arm in self.arms if arm.verdict in verdicts and not arm.unstable]
        return sorted(found, key=lambda arm: (arm.verdict is not Verdict.CONFIRMED, arm.finding.comparison.mean))


@dataclass(frozen=True)
class Decision:
    """An outcome's name and clause, before evidence and advice; `arm`: the one it is about."""

    name: Name
    clause: str
    arm: ArmFinding | None = None
