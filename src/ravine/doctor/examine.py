"""Puts every check to a pipeline."""

import time
import traceback
from collections.abc import Callable, Collection
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

from ravine.doctor.bench import Bench
from ravine.doctor.checks import CHECKS
from ravine.doctor.finding import Finding, Outcome, worst
from ravine.doctor.pipeline import NotOffered, Pipeline
from ravine.doctor.registry import Check
from ravine.errors import RavineError


@dataclass(frozen=True)
class Examination:
    """All findings on one pipeline, in the order of their codes."""

    name: str
    findings: tuple[Finding, ...]
    seconds: float

    @property
    def healthy(self) -> bool:
        """Whether no check failed."""
        return worst(self.findings) != "fail"

    def fired(self) -> list[str]:
        """Return the codes of the checks that failed."""
        return [finding.code for finding in self.findings if finding.status == "fail"]


def examine(
    pipeline: Pipeline,
    phases: Collection[int] | None = None,
    cheap: bool = False,
    baseline: Pipeline | None = None,
    codes: Collection[str] | None = None,
    on_check: Callable[[Check], None] = lambda check: None,
) -> Examination:
    """Ask a pipeline every check, or those of some phases, of some codes, or the cheap ones alone."""
    bench, began = Bench(pipeline, baseline), time.perf_counter()
    failed: set[str] = set()
    findings = []
    for check in premises_first():
        code = check.code
        if (phases and check.phase not in phases) or (cheap and not check.cheap) or (codes and code not in codes):
            continue
        on_check(check)
        finding = asked(check, bench, failed)
        findings.append(finding)
        if finding.status == "fail":
            failed.add(code)
    findings.sort(key=lambda finding: finding.code)
    return Examination(pipeline.name, tuple(findings), time.perf_counter() - began)


def premises_first() -> list[Check]:
    """Return all checks, each after those that it rests on."""
    graph = {code: CHECKS[code].rests_on for code in sorted(CHECKS)}
    return [CHECKS[code] for code in TopologicalSorter(graph).static_order()]


def asked(check: Check, bench: Bench, failed: Collection[str] = ()) -> Finding:
    """Return a check's finding; one that rests on a failed check is not asked, one that cannot be asked says why."""
    began = time.perf_counter()
    if broken := [code for code in check.rests_on if code in failed]:
        outcome = Outcome("not applicable", says=f"rests on {', '.join(broken)}, which failed")
    else:
        outcome = outcome_of(check, bench)
    return Finding(
        check.code,
        check.phase,
        check.title,
        outcome.status,
        outcome.evidence,
        outcome.says,
        check.advice,
        time.perf_counter() - began,
    )


def outcome_of(check: Check, bench: Bench) -> Outcome:
    """Return a check's outcome; a pipeline that raises in the midst of it has failed it, whatever it raises."""
    try:
        return check.ask(bench)
    except NotOffered as reason:
        return Outcome("not applicable", says=str(reason))
    except RavineError as error:
        return Outcome("fail", says=f"the training stopped itself: {error}")
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        return Outcome(
            "fail", says=f"it raised {type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
        )
