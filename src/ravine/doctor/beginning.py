"""What an energy has learned is no fault of its pipeline: a failure is asked for again at initial weights."""

from collections.abc import Callable
from dataclasses import replace

from ravine.doctor.bench import Bench
from ravine.doctor.finding import Outcome, Status
from ravine.doctor.pipeline import NotOffered


def by_now(bench: Bench, ask: Callable[[Bench], Outcome], unknown: Status) -> Outcome:
    """Return an answer, of which what fails once an energy is trained, and did not at first, is a warning.

    As an energy learns, it tells its negatives apart, its denoising loss goes to zero, and its own answers become those
    of its task, which may be alike. `unknown`: the status where initial weights are not to be had.
    """
    found = ask(bench)
    if found.status != "fail" or not bench.pipeline.trained_steps:
        return found
    try:
        first = ask(bench.beginning)
    except NotOffered:
        return replace(found, status=unknown, says=f"by now {found.says}")
    if first.status == "fail":
        return replace(first, says=f"from the beginning {first.says}")
    return replace(found, status="warn", says=f"by now {found.says}")
