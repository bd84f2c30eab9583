"""What an energy has learned is no fault of its pipeline: a failure is asked for again at initial weights."""

from collections.abc import Callable
from dataclasses import replace

from ravine.doctor.bench import Bench
from ravine.doctor.finding import Outcome, Status
from ravine.doctor.pipeline import NotOffered

Ask = Callable[[Bench], Outcome]


def by_now(unknown: Status) -> Callable[[Ask], Ask]:
    """Let what fails once an energy is trained, and did not at first, be a warning.

    As an energy learns, it tells its negatives apart, its denoising loss goes to zero, and its own answers become those
    of its task, which may be alike. `unknown`: the status where initial weights are not to be had.
    """

    def mended(ask: Ask) -> Ask:
        def asked(bench: Bench) -> Outcome:
            found = ask(bench)
            if found.status != "fail" or not bench.pipeline.trained_steps:
                return found
            try:
                first = ask(bench.beginning)
            except NotOffered:
                return replace(found, status=unknown, says=f"after training: {found.says}")
            if first.status == "fail":
                return replace(first, says=f"at initial weights already: {first.says}")
            return replace(found, status="warn", says=f"after training: {found.says}")

        return asked

    return mended
