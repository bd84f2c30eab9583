"""Errors that are raised while mining and never leave it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from ravine.doctor.bench import SEED, Bench
from ravine.doctor.blame import method_of
from ravine.doctor.finding import Outcome, judged
from ravine.doctor.guarded import unguarded
from ravine.doctor.libraries import OURS, of_library
from ravine.doctor.pipeline import NotOffered, Pipeline, absent
from ravine.doctor.registry import check


@check("D406", "mining swallows no exception", "let errors in mining end the training; a fallback hides them")
def nothing_swallowed(bench: Bench) -> Outcome:
    """Watch mining, the losses and training steps for exceptions that are raised in them and never leave them."""
    raised, adapter, asked = dict[str, int](), type(unguarded(bench.pipeline)), 0
    for call in calls(bench):
        with suppress(NotOffered):
            for name in watched(call, adapter):
                raised[name] = raised.get(name, 0) + 1
            asked += 1
    if not asked:
        absent("neither its miner, nor its loss, nor its training step can be called")
    return judged(not raised, "errors are caught and ignored", swallowed=raised)


def calls(bench: Bench) -> Iterator[Callable[[], object]]:
    """Yield what is watched: each arm's mining and losses, and two steps."""
    for arm in bench.pipeline.arms():
        yield partial(bench.pipeline.mine, arm, bench.batch, bench.k, None, SEED)
        yield partial(bench.loss, arm)
    with suppress(NotOffered):
        copy = bench.at_work()
        yield copy.step
        yield copy.step


def watched(call: Callable[[], object], adapter: type = Pipeline) -> list[str]:
    """Return what was raised and caught inside a call, outside of the libraries', the doctor's and the adapter's code.

    Iterators end, and attributes are asked for, by exceptions.
    """
    found: dict[int, str] = {}
    kept: list[BaseException] = []
    known: dict[CodeType, bool] = {}
    passing = StopIteration | GeneratorExit

    def look(frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code not in known:
            file = frame.f_code.co_filename
            doctor = Path(file).is_relative_to(OURS / "doctor") and not Path(file).is_relative_to(
                OURS / "doctor" / "faults"
            )
            known[frame.f_code] = of_library(file) or doctor or method_of(frame, adapter)
        if known[frame.f_code]:
            return None
        frame.f_trace_lines = False
        told = event == "exception" and not argument[0].__module__.startswith("ravine.doctor")
        if told and not isinstance(argument[1], passing) and frame.f_code.co_name != "__getattr__":
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
