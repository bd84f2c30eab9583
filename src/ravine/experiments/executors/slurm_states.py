"""What has become of SLURM jobs: asked of squeue, then of sacct; what neither knows, the run's own status tells.

A cluster without accounting has no sacct; squeue still shows ended jobs for some minutes (MinJobAge).
"""

import getpass
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ravine.analysis.plan import PlannedRun
from ravine.experiments.executors.base import Job
from ravine.training.directory import RunDirectory

WAITING = frozenset({"PENDING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "SPECIAL_EXIT", "RESV_DEL_HOLD"})
RUNNING = frozenset(
    {"RUNNING", "CONFIGURING", "COMPLETING", "SUSPENDED", "STOPPED", "SIGNALING", "STAGE_OUT", "RESIZING"}
)
TOLD = {
    "OUT_OF_MEMORY": "out of memory: SLURM ended it (OUT_OF_MEMORY); ask for more with --mem",
    "NODE_FAIL": "its node failed (NODE_FAIL)",
    "BOOT_FAIL": "its node did not start (BOOT_FAIL)",
    "TIMEOUT": "its time limit was reached (TIMEOUT)",
    "DEADLINE": "its deadline was reached (DEADLINE)",
    "PREEMPTED": "it was pre-empted (PREEMPTED)",
    "CANCELLED": "it was cancelled (CANCELLED)",
    "REVOKED": "it was revoked (REVOKED)",
}
"""What ended a job, by name; of COMPLETED and FAILED the run's own status and log tell."""
HOPELESS = frozenset({"OUT_OF_MEMORY", "DEADLINE"})
"""Ends that come again when the job is tried again."""
SECONDS = 60.0


@dataclass(frozen=True)
class JobFact:
    """A job's state in SLURM's word, its node or "", and why it waits, if it does."""

    state: str
    node: str = ""
    reason: str = ""

    @property
    def where(self) -> str:
        """Where it is, or why it waits, in words."""
        if self.state in WAITING:
            return f" waiting ({self.reason})" if self.reason else " waiting"
        return f" on {self.node}" if self.node else ""


def facts(jobs: Iterable[str]) -> dict[str, JobFact] | None:
    """Return what SLURM knows of jobs by name, "17" or "17_3"; None where it does not answer at all just now."""
    wanted = set(jobs)
    known = squeue()
    if known is None:
        return None
    found = {job: known[job] for job in wanted if job in known}
    if missing := sorted(wanted - found.keys()):
        found |= sacct(missing)
    return found


def squeue() -> dict[str, JobFact] | None:
    """Return this user's jobs, each array task by itself, those included that ended a while ago; None for no answer."""
    # The name column would be cut; these are whole, and hold no "|".
    lines = said(["squeue", "-h", "-r", "--states=all", "-u", getpass.getuser(), "-o", "%i|%T|%N|%r"])
    if lines is None:
        return None
    rows = [line.split("|") for line in lines if line.count("|") == 3]
    return {job: JobFact(state, node, "" if reason == "None" else reason) for job, state, node, reason in rows}


def sacct(jobs: Sequence[str]) -> dict[str, JobFact]:
    """Return what accounting knows of jobs; nothing where the cluster has none."""
    lines = said(["sacct", "-n", "-P", "-X", "-j", ",".join(jobs), "-o", "JobID,State,NodeList"]) or []
    rows = [line.split("|") for line in lines if line.count("|") == 2]
    # "CANCELLED by 1000" is one of its states.
    return {job: JobFact(state.split()[0], node) for job, state, node in rows if job in jobs and state}


def said(words: Sequence[str]) -> list[str] | None:
    """Return a command's lines; None where it fails: the controller restarts, or there is no accounting."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=False)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return None
    return done.stdout.splitlines() if done.returncode == 0 else None


def job_of(name: str, run: PlannedRun, fact: JobFact) -> Job:
    """Return a job as the coordinator sees it; what ended it is told by name."""
    where = f"job {name}{fact.where}"
    if fact.state in WAITING:
        return Job(run, "waiting", where, name)
    if fact.state in RUNNING:
        return Job(run, "running", where, name)
    if fact.state in TOLD:
        return Job(run, "ended", where, name, TOLD[fact.state], again=fact.state not in HOPELESS)
    if fact.state in {"COMPLETED", "FAILED"}:
        return ended_by_itself(run, where, name)
    return Job(run, "ended", where, name, f"SLURM knows job {name} no more ({fact.state})")


def ended_by_itself(run: PlannedRun, where: str, name: str) -> Job:
    """Return a job whose process ended; where it left no word in the run's status, its last line is the reason."""
    directory = RunDirectory(run.path)
    if directory.status()["state"] in {"finished", "diverged", "failed", "interrupted"}:
        return Job(run, "ended", where, name)
    return Job(run, "ended", where, name, directory.last_line() or "its process ended without a word", again=False)
