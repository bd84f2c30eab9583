"""Errors that are raised while mining and never leave it."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from ravine.doctor.bench import SEED, Bench
from ravine.doctor.checks.selection import both_kinds
from ravine.doctor.finding import Outcome, judged
from ravine.doctor.libraries import of_library
from ravine.doctor.registry import check

GENERATED = ("<frozen", "<@")
"""What the file names of Python's own frozen modules and of run-time type checkers' code begin with."""


@check(
    "D406",
    "no exception is swallowed while mining",
    "let errors in mining end the training; a fallback hides them",
)
def nothing_swallowed(bench: Bench) -> Outcome:
    """Watch every call of mining for exceptions that are raised in it and never leave it."""
    raised: dict[str, int] = {}
    for arm, recipe in [*both_kinds(bench), *((a, bench.pipeline.recipe(a)) for a in bench.arms)]:
        changed = recipe != bench.pipeline.recipe(arm)
        pipeline = bench.pipeline.fresh(recipe=(arm, recipe)) if changed else bench.pipeline
        for name in watched(lambda p=pipeline, a=arm: p.mine(a, bench.batch, bench.k, None, SEED)):  # type: ignore[misc]
            raised[name] = raised.get(name, 0) + 1
    return judged(not raised, "errors are caught and passed over", swallowed=raised)


def watched(call: Callable[[], object]) -> list[str]:
    """Return what was raised and caught inside a call, outside of the libraries' own code."""
    found: dict[int, str] = {}
    kept: list[BaseException] = []

    def look(frame: FrameType, event: str, argument: Any) -> Any:
        file = frame.f_code.co_filename
        if file.startswith(GENERATED) or of_library(file):
            return None
        if event == "exception" and not isinstance(argument[1], StopIteration | GeneratorExit):
            if id(argument[1]) not in found:
                kept.append(argument[1])  # kept alive, so that no other error takes its id
            found[id(argument[1])] = f"{argument[0].__name__} in {frame.f_code.co_name}"
        return look

    before = sys.gettrace()
    sys.settrace(look)
    try:
        call()
    finally:
        sys.settrace(before)
    return list(found.values())
