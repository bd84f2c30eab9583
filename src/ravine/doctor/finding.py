"""What a check found."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Status = Literal["pass", "warn", "fail", "adapter failed", "not asked", "not applicable"]
"""`not applicable`: not offered, or of no meaning; `not asked`: another check has to hold first."""
GRAVEST: tuple[Status, ...] = ("adapter failed", "fail", "warn", "pass")
TOLD = {"warn", "fail", "adapter failed"}
"""Statuses with advice."""
Evidence = Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """A check's verdict with the numbers it rests on, and where it needs them a sentence and advice of its own.

    `blocks`: whether a failure makes the answers of the checks that rest on it meaningless.
    """

    status: Status
    evidence: Evidence = field(default_factory=dict)
    says: str = ""
    advice: str | None = None
    blocks: bool = True


@dataclass(frozen=True)
class Finding:
    """One row of an examination: which check, its verdict, the evidence as numbers, and what to do about it.

    `seconds`: how long the check took.
    """

    code: str
    phase: int
    title: str
    status: Status
    evidence: Evidence
    says: str
    advice: str
    seconds: float

    @property
    def sentence(self) -> str:
        """The finding in one line: code, what is wrong, the evidence, and what to do."""
        numbers = ", ".join(f"{name} {shown(value)}" for name, value in self.evidence.items())
        parts = [f"{self.code}: {self.title}: {self.status}", self.says, numbers, self.advice]
        return "; ".join(part for part in parts if part)

    def as_json(self) -> dict[str, Any]:
        """Return the finding as plain values."""
        return {
            "code": self.code,
            "phase": self.phase,
            "check": self.title,
            "status": self.status,
            "evidence": dict(self.evidence),
            "says": self.says,
            "advice": self.advice if self.status in TOLD else "",
            "seconds": round(self.seconds, 4),
        }


def shown(value: Any) -> str:
    """Return an evidence's value as text, numbers in four digits."""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {shown(entry)}" for name, entry in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(shown, value)) + "]"
    return str(value)


def below(numbers: Any, most: float) -> bool:
    """Return whether every number, of tables and lists too, is less than `most`; NaN is not, and nothing at all is."""
    return all(number < most for number in flattened(numbers))


def above(numbers: Any, least: float) -> bool:
    """Return whether every number, of tables and lists too, is greater than `least`; NaN is not."""
    return all(number > least for number in flattened(numbers))


def flattened(numbers: Any) -> Iterator[float]:
    """Yield the numbers of tables and lists."""
    if isinstance(numbers, Mapping | list | tuple):
        for entry in numbers.values() if isinstance(numbers, Mapping) else numbers:
            yield from flattened(entry)
    elif isinstance(numbers, float | int):
        yield float(numbers)


def largest(numbers: Iterable[float]) -> float:
    """Return the largest number; NaN if there is one, which `max` may pass over."""
    found = list(numbers)
    return next((number for number in found if number != number), max(found))


def numeric(outcome: Outcome) -> Outcome:
    """Return an outcome; a failure where it rests on what is no number, which a comparison may have let pass."""
    if outcome.status not in {"pass", "warn"} or all(number == number for number in flattened(outcome.evidence)):
        return outcome
    return replace(outcome, status="fail", says=outcome.says or "the evidence contains NaN")


def judged(holds: bool, says: str = "", **evidence: Any) -> Outcome:
    """Return a pass if the check `holds`, else a failure that says `says`."""
    return Outcome("pass", evidence) if holds else Outcome("fail", evidence, says)


def worst(findings: Sequence[Finding]) -> Status:
    """Return the gravest status of an examination."""
    statuses = {finding.status for finding in findings}
    return next((status for status in GRAVEST if status in statuses), "not applicable")
