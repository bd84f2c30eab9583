"""Puts every check to a pipeline."""

import time
import traceback
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ravine.doctor.answers import ask_once
from ravine.doctor.bench import Bench
from ravine.doctor.checks import CHECKS
from ravine.doctor.finding import Finding, Outcome, worst
from ravine.doctor.libraries import of_library
from ravine.doctor.pipeline import NotOffered, Pipeline
from ravine.doctor.registry import Check
from ravine.errors import NonFiniteError, RavineError


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
    """Ask a pipeline every check, or those of some phases, of some codes, or the cheap ones alone.

    Raises an `AdapterError` where the pipeline answers in another form than the protocol's.
    """
    began, ward = time.perf_counter(), Ward(Bench(pipeline, baseline))
    ask_once(Bench(pipeline))
    findings = []
    for check in premises_first():
        code = check.code
        if (phases and check.phase not in phases) or (cheap and not check.cheap) or (codes and code not in codes):
            continue
        on_check(check)
        findings.append(ward.ask(check))
    findings.sort(key=lambda finding: finding.code)
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
    """An examination under way: what failed so far, and what was raised, so that one cause is told of once."""

    bench: Bench
    failed: set[str] = field(default_factory=set)
    raised: dict[str, str] = field(default_factory=dict)

    def ask(self, check: Check) -> Finding:
        """Return a check's finding; one that rests on a failed check is not asked."""
        began = time.perf_counter()
        if broken := [code for code in check.rests_on if code in self.failed]:
            outcome = Outcome("not applicable", says=f"rests on {', '.join(broken)}, which failed or was not asked")
        else:
            outcome = self._outcome(check)
        if broken or outcome.status == "fail":
            self.failed.add(check.code)
            if check.explains is not None:
                self.raised.setdefault(check.explains.__name__, check.code)
        seconds = time.perf_counter() - began
        said = (outcome.status, outcome.evidence, outcome.says, check.advice, seconds)
        return Finding(check.code, check.phase, check.title, *said)

    def _outcome(self, check: Check) -> Outcome:
        try:
            return check.ask(self.bench_of(check))
        except NotOffered as reason:
            return Outcome("not applicable", says=str(reason))
        except NotImplementedError as error:
            return Outcome("not applicable", says=f"not implemented: {error}" if str(error) else "not implemented")
        except NonFiniteError as error:  # a matter of step sizes, which the trend of the losses is asked for
            return Outcome("not applicable", says=f"the training stops itself: {error}")
        except RavineError as error:
            return self._told_once(check, type(error).__name__, f"the training stops itself: {error}")
        except Exception as error:
            cause = " ".join(f"{type(error).__name__}: {error}".split())
            return self._told_once(check, cause, f"{noted(error)}it raises {cause} ({place(error)})")

    def bench_of(self, check: Check) -> Bench:
        """Return where a check looks: at initial weights, if it asks how parts are connected and they can be had."""
        with suppress(NotOffered):
            return self.bench.beginning if check.connects else self.bench
        return self.bench

    def _told_once(self, check: Check, cause: str, says: str) -> Outcome:
        first = self.raised.setdefault(cause, check.code)
        if first == check.code:
            return Outcome("fail", says=says)
        return Outcome("not applicable", says=f"{says}; told of in {first}")


def noted(error: Exception) -> str:
    """Return what was noted at an error on its way: whose code raised it."""
    return "".join(f"{note}: " for note in getattr(error, "__notes__", ()))


def place(error: Exception) -> str:
    """Return the last line outside of libraries that an error passed through, or its first of all."""
    frames = traceback.extract_tb(error.__traceback__)
    last = next((frame for frame in reversed(frames) if not of_library(frame.filename)), frames[-1])
    return f"{Path(last.filename).name}:{last.lineno}"
