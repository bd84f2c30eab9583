"""What stands before a training: the doctor's cheap checks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ravine.analysis.plan import PlannedRun
    from ravine.config import RunConfig


def refuse_failing(config: "RunConfig", where: str = "") -> None:
    """Raise a `DoctorError` with the finding's sentence if the configured pipeline fails a cheap check."""
    from ravine.doctor.examine import examine
    from ravine.doctor.own import Own
    from ravine.errors import DoctorError

    found = [finding for finding in examine(Own(config), cheap=True).findings if finding.status == "fail"]
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise DoctorError(
            f"{where}the mining pipeline fails the doctor's check {found[0].sentence}{more}; "
            "`ravine doctor` shows more, --no-doctor trains anyway"
        )


def refuse_failing_arms(plan: "Sequence[PlannedRun]") -> None:
    """Raise a `DoctorError` if a study's arm fails a cheap check, at its own run or at the points of its axes.

    Arms whose runs are done are not asked again.
    """
    from ravine.config.sources import checked_run
    from ravine.experiments.progress import state_of
    from ravine.training.directory import DONE

    asked: set[tuple[str, str]] = set()
    for run in plan:
        if (run.point, run.arm) not in asked and state_of(run) not in DONE:
            asked.add((run.point, run.arm))
            where = f" at {run.point}" if run.point else ""
            refuse_failing(checked_run(dict(run.config)), f"arm {run.arm!r}{where}: ")
