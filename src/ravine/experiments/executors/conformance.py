"""What every executor must do: start, tell states, stop, name a sudden death, go on.

Each check raises an `AssertionError` that says what is wrong. They take real runs of some seconds each, with a
checkpoint every few steps, and the executor's own way of killing a job.
"""

import time
from collections.abc import Callable, Sequence

from ravine.analysis.plan import PlannedRun
from ravine.experiments.executors.base import Executor, Job
from ravine.experiments.log import Hand
from ravine.training.directory import RunDirectory

POLL_SECONDS = 0.1
Kill = Callable[[Job], object]
"""Kills the training of a running job with SIGKILL, behind the executor's back."""
Jobs = dict[str, Job]


def conforms(make: Callable[[], Executor], runs: Sequence[PlannedRun], kill: Kill, patience: float = 60.0) -> None:
    """Check an executor with three runs that have not been started; they end finished.

    `make`: makes the executor, with room for at least two runs; made anew it takes up, or not, what it left.
    """
    executor = make()
    assert executor.look() == (executor.look() or []), "jobs before any run was started"
    assert executor.room() >= 2, "no room for two runs"
    jobs = executor.start(runs)
    assert jobs, "there was room, and nothing was started"
    assert [job.run for job in jobs] == list(runs[: len(jobs)]), "not the first ones first"
    assert all(job.state in {"waiting", "running"} and job.where and job.name for job in jobs), "jobs without a place"
    running = until(executor, lambda told: any(at_work(told)), patience)
    killed = at_work(running)[0]
    first = killed.run
    kill(killed)
    told = until(executor, lambda told: told.get(first.key, killed).state == "ended", patience)[first.key]
    assert first.key not in by_key(executor.look()), "an ended job is told of twice"
    assert told.again, "a killed run can be tried again"
    assert RunDirectory(first.path).status()["state"] not in {"finished", "failed"}, "a killed run has not ended"
    ended = executor.cancel()
    assert all(job.state == "ended" for job in ended), "not ended when cancelled"
    assert not executor.look(), "something is left after all was cancelled"
    for job in ended:
        if saved(job.run):
            assert RunDirectory(job.run.path).status()["state"] in {"interrupted", "finished"}, "stopped in disorder"
    goes_on(make(), runs, patience)


def goes_on(executor: Executor, runs: Sequence[PlannedRun], patience: float) -> None:
    """Check that runs go on from their newest checkpoints until they have finished."""
    assert not executor.take_up(runs, {run.key: Hand() for run in runs}), "took up what nobody has"
    before = {run.key: saved(run) for run in runs}
    waiting = [run for run in runs if RunDirectory(run.path).status()["state"] != "finished"]
    deadline = time.monotonic() + patience
    while [*executor.look(), *waiting]:
        assert time.monotonic() < deadline, "runs did not come to an end"
        if waiting and executor.room():
            started = [job.run for job in executor.start(waiting[: executor.room()])]
            waiting = [run for run in waiting if run not in started]
        time.sleep(POLL_SECONDS)
    for run in runs:
        assert RunDirectory(run.path).status()["state"] == "finished", f"{run.key} did not finish"
        assert all(row["step"] > 0 for row in RunDirectory(run.path).rows())
        assert saved(run) >= before[run.key]


def saved(run: PlannedRun) -> int:
    """Return the step of a run's newest checkpoint."""
    return RunDirectory(run.path).saved_step()


def at_work(jobs: Jobs) -> list[Job]:
    """Return the jobs that run and have written a checkpoint."""
    return [job for job in jobs.values() if job.state == "running" and saved(job.run)]


def by_key(jobs: Sequence[Job]) -> Jobs:
    """Return jobs by their runs' keys."""
    return {job.run.key: job for job in jobs}


def until(executor: Executor, what: Callable[[Jobs], bool], patience: float) -> Jobs:
    """Look until something holds, and return the jobs that were told of then."""
    deadline = time.monotonic() + patience
    while True:
        told = by_key(executor.look())
        if what(told):
            return told
        assert time.monotonic() < deadline, f"waited in vain; told of {told}"
        time.sleep(POLL_SECONDS)
