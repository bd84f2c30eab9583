"""Runs as tasks of SLURM job arrays: submitted, followed, adopted after a coordinator's death, cancelled."""

import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from ravine.analysis.plan import PlannedRun
from ravine.errors import RunError
from ravine.experiments.executors.base import Alike, Executor, Job, alike
from ravine.experiments.executors.slurm_script import submit, submitit, task_script
from ravine.experiments.executors.slurm_states import RUNNING, WAITING, JobFact, facts, job_of, said
from ravine.experiments.log import Hand
from ravine.training.directory import RunDirectory
from ravine.training.files import write_atomically

MOST_TASKS = 1000
"""Tasks of one array; a cluster's MaxArraySize is 1001 unless it says otherwise."""
LIMITS = ("QOSMaxSubmitJobPerUserLimit", "AssocMaxSubmitJobLimit", "QOSMaxSubmitJobLimit", "MaxSubmitJobs")
"""How sbatch calls a limit on the jobs that a user may have submitted at a time."""
PASSING = ("Socket timed out", "Unable to contact slurm controller", "temporarily unable", "Connection refused")
ASK_SECONDS = 2.0
LIMIT_SECONDS = 20.0
"""How long to wait before asking again for room under a limit, where no job of ours has ended meanwhile."""
GONE_SECONDS = 30.0
"""How long SLURM may know nothing of a job before its run's own status is believed."""
STOP_SECONDS = 120.0


@dataclass
class Slurm(Executor):
    """Submits waiting runs as arrays, follows their jobs, and adopts those that an earlier coordinator submitted.

    The first array holds all waiting runs, `parallel` of its tasks running at a time; what must be tried again follows
    in arrays of its own, as jobs end. A limit on submitted jobs is waited out. `parameters`: submitit's, of an array of
    so many tasks.
    """

    study: Path
    parallel: int
    parameters: Callable[[int], dict[str, Any]]
    together: int = 1
    name = "slurm"
    jobs: dict[str, tuple[Alike, JobFact, float]] = field(default_factory=dict)
    """By the job's name: its runs, what was last known of it, and when SLURM last knew anything."""
    blocked: float = 0.0
    asked: float = 0.0

    def room(self) -> int:
        """Return how many runs to submit now: all at first, later as many as may run; none while a limit is on."""
        if time.monotonic() < self.blocked:
            return 0
        tasks = max(0, self.parallel - len(self.jobs)) if self.jobs else MOST_TASKS
        return tasks * self.together

    def start(self, runs: Sequence[PlannedRun]) -> list[Job]:
        """Submit the runs, or as many of the first ones as a limit on submitted jobs lets through."""
        some = alike(runs, self.together)[:MOST_TASKS]
        while some:
            told = self._submitted(some)
            if not isinstance(told, str):
                return told
            if any(words in told for words in PASSING) or len(some) == 1:
                self.blocked = time.monotonic() + LIMIT_SECONDS
                return []
            some = some[: len(some) // 2]
        return []

    def _submitted(self, tasks: Sequence[Alike]) -> list[Job] | str:
        """Submit one array; return its jobs, or sbatch's words where a limit or the controller kept it away."""
        for run in (each for runs in tasks for each in runs):
            RunDirectory(run.path).claim(run.config)
        batch = self._next_batch()
        lines = ["\t".join(run.key for run in runs) for runs in tasks]
        write_atomically(batch / "runs", "".join(f"{line}\n" for line in lines).encode())
        write_atomically(batch / "task.sh", task_script(batch, tasks).encode())
        made = submitit().SlurmExecutor(folder=batch)
        parameters = self.parameters(len(tasks))
        count = parameters.pop("map_count")
        made.update_parameters(job_name=self._job_name(batch), **parameters)
        made.parameters["map_count"] = count  # known to submitit's scripts, and not offered by its parameters
        told = submit(made, f"bash {shlex.quote(str(batch / 'task.sh'))}")
        if told.isdigit():
            write_atomically(batch / "job", f"{told}\n".encode())
            return self._adopt({f"{told}_{index}": runs for index, runs in enumerate(tasks)})
        shutil.rmtree(batch)
        if any(words in told for words in (*LIMITS, *PASSING)):
            return told
        raise RunError(f"sbatch refuses the study's jobs: {told}")

    def _next_batch(self) -> Path:
        numbers = [int(path.name) for path in (self.study / "slurm").glob("[0-9]*")]
        batch = self.study / "slurm" / f"{max(numbers, default=0) + 1:04d}"
        batch.mkdir(parents=True)
        return batch

    def _job_name(self, batch: Path) -> str:
        """Return a name by which a batch's array is found again: the study's, its own, and the place of both."""
        return f"ravine-{self.study.name[:24]}-{sha256(str(batch).encode()).hexdigest()[:8]}"

    def _adopt(self, jobs: Mapping[str, Alike]) -> list[Job]:
        """Take runs in hand, by the names of their jobs, and return them as waiting until SLURM is asked."""
        for job, runs in jobs.items():
            held = self.jobs[job][0] if job in self.jobs else ()
            self.jobs[job] = ((*held, *runs), JobFact("PENDING"), time.monotonic())
        return [Job(run, "waiting", f"job {job}", job) for job, runs in jobs.items() for run in runs]

    def take_up(self, plan: Sequence[PlannedRun], hands: Mapping[str, Hand]) -> list[Job]:
        """Adopt the jobs in the log, and an array that was submitted just before its coordinator died."""
        held = [(hands[run.key], run) for run in plan if run.key in hands]
        mine: dict[str, Alike] = {}
        for hand, run in held:
            if hand.held and hand.executor == self.name:
                mine[hand.job] = (*mine.get(hand.job, ()), run)
        jobs = self._adopt(mine)
        known = {job.run.key for job in jobs}
        return jobs + self._unlogged({run.key: run for run in plan if run.key not in known})

    def _unlogged(self, plan: Mapping[str, PlannedRun]) -> list[Job]:
        """Adopt tasks of which the log says nothing: submitted, and then their coordinator died."""
        tasks: dict[str, Alike] = {}
        for batch in sorted((self.study / "slurm").glob("[0-9]*")):
            array = self._array_of(batch)
            if array is None or not (batch / "runs").exists():
                continue
            for index, line in enumerate((batch / "runs").read_text(encoding="utf-8").splitlines()):
                if runs := tuple(plan[key] for key in line.split("\t") if key in plan):
                    tasks[f"{array}_{index}"] = runs
        known = facts(tasks) or {} if tasks else {}
        alive = {job for job, fact in known.items() if fact.state in WAITING | RUNNING}
        return self._adopt({job: runs for job, runs in tasks.items() if job in alive})

    def _array_of(self, batch: Path) -> str | None:
        if (batch / "job").exists():
            return (batch / "job").read_text(encoding="utf-8").strip()
        lines = said(["squeue", "-h", "--name", self._job_name(batch), "-o", "%F"]) or []
        return lines[0] if lines else None

    def look(self) -> list[Job]:
        """Return the jobs as SLURM knows them; asked every two seconds."""
        if (now := time.monotonic()) - self.asked >= ASK_SECONDS and self.jobs:
            self.asked = now
            known = facts(self.jobs)
            for job, (runs, fact, seen) in list(self.jobs.items()):
                if known is None:  # no answer is no news: the time does not count
                    self.jobs[job] = (runs, fact, now)
                elif job in known:
                    self.jobs[job] = (runs, known[job], now)
                elif now - seen > GONE_SECONDS:
                    self.jobs[job] = (runs, replace(fact, state="UNKNOWN"), seen)
        told = [job_of(job, run, fact) for job, (runs, fact, _) in self.jobs.items() for run in runs]
        for name in {job.name for job in told if job.state == "ended"}:
            del self.jobs[name]
            self.blocked = 0.0
        return told

    def cancel(self) -> list[Job]:
        """Cancel the jobs, and wait until they have ended; runs that were at work leave checkpoints."""
        if not self.jobs:
            return []
        arrays = sorted({job.partition("_")[0] for job in self.jobs})
        subprocess.run(["scancel", *arrays], capture_output=True, check=False)
        deadline, ended = time.monotonic() + STOP_SECONDS, []
        while self.jobs and time.monotonic() < deadline:
            self.asked = 0.0
            ended += [job for job in self.look() if job.state == "ended"]
            time.sleep(0.5)
        return ended
