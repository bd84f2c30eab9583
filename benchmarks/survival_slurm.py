"""A study on SLURM whose jobs are cancelled, requeued, kept over their time limit, its node drained: the same bytes.

For a cluster of one's own with two nodes and a limit on submitted jobs, as `tests/slurm/up.sh` makes:

    export SLURM_BASE=/tmp/slurm; SLURM_NODES=2 SACCT=1 SUBMIT_LIMIT=2 tests/slurm/up.sh
    export SLURM_CONF=/tmp/slurm/etc/slurm.conf
    python -m benchmarks.survival_slurm --out out/survival-slurm; tests/slurm/down.sh

It takes some minutes, since no time limit is below one, and exits 1 where a run differs or is missing.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.survival import differences, finished_twice, start, undisturbed, write_study

from ravine.experiments.log import StudyLog, sentence
from ravine.experiments.standing import standing

PATIENCE = 1200.0


def said(*words: str) -> str:
    """Return what a command of SLURM prints."""
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()


def running() -> list[str]:
    """Return the jobs that run now."""
    return said("squeue", "-h", "-r", "-t", "R", "-o", "%i").split()


def cancel(job: str) -> None:
    said("scancel", job)


def requeue(job: str) -> None:
    said("scontrol", "requeue", job)


def overrun(job: str) -> None:
    """Stop the training's process, so that its time limit passes without a checkpoint."""
    said("scancel", "--signal=STOP", job)


def drain(job: str) -> None:
    said("scontrol", "update", "nodename=n2", "state=drain", "reason=benchmark")


def hurry() -> None:
    """Let requeued jobs start at once; SLURM holds them for two minutes."""
    for job in said("squeue", "-h", "-r", "-t", "PD", "-o", "%i|%r").split("\n"):
        if job.endswith("|BeginTime"):
            said("scontrol", "update", f"jobid={job.partition('|')[0]}", "StartTime=now")


DISTURBANCES: tuple[Callable[[str], None], ...] = (cancel, requeue, overrun, drain)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out/survival-slurm"))
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--steps", type=int, default=400)
    given = parser.parse_args()
    file = write_study(given.out, given.seeds, given.steps, ["none", "random"])
    undisturbed(file, given.out / "whole")
    words = ["--on", "slurm", "--partition", "gpu_test", "--gpus", "1", "--max-parallel", "4", "--time", "00:01:00"]
    began = time.monotonic()
    coordinator = start(file, given.out / "broken", words)
    waiting, done = list(DISTURBANCES), set[str]()
    while coordinator.poll() is None and time.monotonic() - began < PATIENCE:
        hurry()
        for job in running():
            if (
                waiting
                and job not in done
                and (given.out / "broken" / "log.jsonl").exists()
                and at_work(given.out, job)
            ):
                waiting.pop(0)(job)
                done.add(job)
                print(f"{time.monotonic() - began:.0f} s: disturbed job {job}", flush=True)
        time.sleep(0.5)
    status = coordinator.wait(PATIENCE)
    said("scontrol", "update", "nodename=n2", "state=resume")
    for event in StudyLog(given.out / "broken").events():
        print(sentence(event))
    different = differences(file, given.out / "whole", given.out / "broken")
    twice = finished_twice(given.out / "broken")
    counts = standing(given.out / "broken").counts
    print(f"{counts} in {time.monotonic() - began:.0f} s; status {status}; left {waiting}")
    print(f"unequal {different}; twice {twice}")
    return int(bool(different or twice or status or waiting))


def at_work(out: Path, job: str) -> bool:
    """Return whether a job's training has taken a step and has some still to take."""
    found = [run for run in standing(out / "broken").runs if f"job {job}" in run.where]
    return any(0 < run.step < run.steps * 3 // 4 for run in found)


if __name__ == "__main__":
    sys.exit(main())
