"""Puts every check to a pipeline."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from ravine.doctor.answers import ask_once
from ravine.doctor.bench import Bench
from ravine.doctor.blame import noted, of_the_adapter, place, told
from ravine.doctor.checks import CHECKS
from ravine.doctor.finding import Finding, Outcome, numeric, worst
from ravine.doctor.guarded import unguarded, untouched
from ravine.doctor.pipeline import NotOffered, Pipeline
from ravine.doctor.registry import Check
from ravine.errors import AdapterError, NonFiniteError, RavineError

RAISED = "fix the error where it is raised"
ADAPTED = "fix the adapter; this says nothing about the pipeline"


@dataclass(frozen=True)
class Examination:
    """All findings on one pipeline, in the order of their codes."""

    name: str
    findings: tuple[Finding, ...]
    seconds: float

    @property
    def healthy(self) -> bool:
        """Whether no check failed, and no answer of the adapter's."""
        return worst(self.findings) not in {"fail", "adapter failed"}

    def fired(self) -> list[str]:
        """Return the codes of the checks that failed."""
        return [finding.code for finding in self.findings if finding.status == "fail"]

    def broken(self) -> list[str]:
        """Return the codes of the checks in which the adapter failed."""
        return [finding.code for finding in self.findings if finding.status == "adapter failed"]


def examine(
    pipeline: Pipeline,
    phases: Collection[int] | None = None,
    cheap: bool = False,
    baseline: Pipeline | None = None,
    codes: Collection[str] | None = None,
    on_check: Callable[[Check], None] = lambda check: None,
) -> Examination:
    """Ask a pipeline every check, or those of some phases, of some codes, or the cheap ones alone.

    Raises an `AdapterError` where the pipeline answers in another form than the protocol's, or exits.
    """
    began, ward = time.perf_counter(), Ward(Bench(untouched(pipeline), baseline))
    ask_once(Bench(ward.bench.pipeline))
    findings = []
    for check in premises_first():
        code = check.code
        if (phases and check.phase not in phases) or (cheap and not check.cheap) or (codes and code not in codes):
            continue
        on_check(check)
        findings.append(ward.ask(check))
    findings = sorted(map(ward.explained, findings), key=lambda finding: finding.code)
    return Examination(pipeline.name, tuple(findings), time.perf_counter() - began)


def premises_first() -> list[Check]:
    """Return all checks, each after those that it rests on, and those that explain an error before all others."""
    order: dict[str, Check] = {}

    def add(code: str) -> None:
        for premise in CHECKS[code].rests_on:
            add(premise)
        order.setdefault(code, CHECKS[code])

    for code in sorted(CHECKS, key=lambda code: (CHECKS[code].explains is None, code)):
        add(code)
    return list(order.values())


@dataclass
class Ward:
    """An examination under way: which failed checks others wait for, and what was raised, told once."""

    bench: Bench
    failed: dict[str, set[str]] = field(default_factory=dict)
    raised: dict[str, str] = field(default_factory=dict)

    def ask(self, check: Check) -> Finding:
        """Return a check's finding; one that rests on a failed check is not asked."""
        began = time.perf_counter()
        first = {root for code in check.rests_on for root in self.failed.get(code, ())}
        outcome = Outcome("not asked") if first else self._outcome(check)
        if outcome.status in {"fail", "adapter failed"}:
            first = {check.code} if outcome.blocks else set()
            if check.explains is not None:
                self.raised.setdefault(check.explains.__name__, check.code)
        if first:
            self.failed[check.code] = first
        advice = check.advice if outcome.advice is None else outcome.advice
        said = (outcome.status, outcome.evidence, outcome.says, advice, time.perf_counter() - began)
        return Finding(check.code, check.phase, check.title, *said)

    def explained(self, finding: Finding) -> Finding:
        """Return a finding that was not asked with what to mend first."""
        if finding.status != "not asked":
            return finding
        blocks = {root: sum(root in held for held in self.failed.values()) - 1 for root in self.failed[finding.code]}
        roots = (f"{root} first (it blocks {blocks[root]})" for root in sorted(blocks))
        return replace(finding, says=f"fix {' and '.join(roots)}")

    def _outcome(self, check: Check) -> Outcome:
        try:
            return numeric(check.ask(self.bench.earliest if check.connects else self.bench))
        except NotOffered as reason:
            return Outcome("not applicable", says=str(reason))
        except NotImplementedError as error:
            return Outcome("not applicable", says=f"not implemented: {error}" if str(error) else "not implemented")
        except NonFiniteError as error:  # a matter of step sizes, which the trend of the losses is asked for
            return Outcome("not applicable", says=f"training stopped with an error: {error}")
        except AdapterError:
            raise
        except RavineError as error:
            return self._once(
                check, Outcome("fail", says=f"training stopped with an error: {error}"), type(error).__name__
            )
        except SystemExit as error:
            raise AdapterError(f"the pipeline calls exit({error.code!r}) ({place(error)})") from error
        except Exception as error:
            says = f"{noted(error)}it raises {told(error)} ({place(error)})"
            outcome = Outcome("fail", says=says, advice=RAISED)
            if of_the_adapter(error, type(unguarded(self.bench.pipeline))):
                outcome = Outcome("adapter failed", says=says, advice=ADAPTED)
            return self._once(check, outcome, told(error), f"{type(error).__name__} {place(error)}")

    def _once(self, check: Check, outcome: Outcome, *causes: str) -> Outcome:
        first = next((self.raised[cause] for cause in causes if cause in self.raised), check.code)
        self.raised |= dict.fromkeys(causes, first)
        if first == check.code:
            return outcome
        return Outcome("not applicable", says=f"{outcome.says}; reported under {first}")
