"""A study whose workers and coordinator are killed at random comes to the same bytes as one that nobody disturbs.

`python benchmarks/survival.py --out out/survival`: 60 runs (3 arms x 20 seeds), 3 workers, 20 SIGKILLs of workers and 3
of the coordinator. It prints what was done and exits 1 where a run differs, is missing, or was finished twice.
"""

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ravine import runs
from ravine.config.sources import checked_run, read_study
from ravine.errors import RunError
from ravine.experiments.log import StudyLog
from ravine.experiments.planning import plan
from ravine.experiments.standing import standing

STUDY = """seeds = {seeds}
baseline = "none"
{arms}
[run]
base = "inverse-quick"
task = {{ n = 4 }}
energy = {{ name = "mlp", width = 16, embedding_width = 8 }}
diffusion = {{ landscapes = 3 }}
evaluation = {{ problems = 50 }}
compute = {{ threads = 1, device = "cpu" }}

[run.training]
steps = {steps}
batch = 16
log_every = 10
validate_every = 0
checkpoint_every = 20
validation_problems = 20
"""
ARMS = ("none", "random", "adversarial")
PATIENCE = 3600.0
TIMES = ("seconds",)


@dataclass(frozen=True)
class Kills:
    """How often to kill whom."""

    workers: int
    coordinators: int


def write_study(folder: Path, seeds: int, steps: int, arms: Sequence[str] = ARMS) -> Path:
    """Write the study's file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "study.toml"
    tables = "\n".join(f'[arms.{arm}]\n"mining.arm" = "{arm}"' for arm in arms)
    file.write_text(STUDY.format(seeds=seeds, steps=steps, arms=tables), encoding="utf-8")
    return file


def undisturbed(file: Path, out: Path) -> None:
    """Train every run of the study in this process."""
    for run in plan(read_study(file), out):
        assert runs.train(checked_run(dict(run.config)), run.path, resume=True) == "finished"


def start(file: Path, out: Path, words: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start the coordinator."""
    command = [
        sys.executable,
        "-m",
        "ravine",
        "compare",
        str(file),
        "--out",
        str(out),
        "--no-doctor",
        "--quiet",
        *words,
    ]
    with (out.parent / "coordinator.log").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)


def at_work(out: Path) -> list[int]:
    """Return the processes of the runs that are training now."""
    try:
        found = standing(out).runs
    except RunError:
        return []
    return [
        int(match.group(1))
        for run in found
        if run.state == "running" and run.step > 0 and (match := re.match(r"process (\d+) ", run.where))
    ]


def done(out: Path) -> int:
    """Return how many runs have finished."""
    try:
        return standing(out).counts["finished"]
    except RunError:
        return 0


def disturbed(file: Path, out: Path, words: Sequence[str], kills: Kills, seed: int = 0) -> dict[str, int]:
    """Run the study while killing; return how many processes were killed, and the coordinator's last status."""
    chance, killed = random.Random(seed), Counter[str]()
    order = ["worker"] * kills.workers
    for index in range(kills.coordinators):
        order.insert((index + 1) * len(order) // (kills.coordinators + 1), "coordinator")
    total = len(plan(read_study(file), out))
    coordinator, deadline = start(file, out, words), time.monotonic() + PATIENCE
    while order and time.monotonic() < deadline and coordinator.poll() is None:
        # The kills come in the study's first half: the last runs may end while a coordinator starts.
        due = total * sum(killed.values()) // (2 * (sum(killed.values()) + len(order)))
        workers = at_work(out)
        if workers and done(out) >= due:
            victim = order.pop(0)
            if victim == "worker":
                try:
                    os.kill(chance.choice(workers), signal.SIGKILL)
                except ProcessLookupError:
                    order.insert(0, victim)
                    continue
            else:
                coordinator.kill()
                coordinator.wait()
                coordinator = start(file, out, words)
            killed[victim] += 1
        time.sleep(0.1)
    status = coordinator.wait(PATIENCE)
    return {**killed, "status": status}


def differences(file: Path, whole: Path, broken: Path) -> list[str]:
    """Return the runs of two directories of one study that are not equal bitwise, times apart."""
    pairs = zip(plan(read_study(file), whole), plan(read_study(file), broken), strict=True)
    return [f"{a.key}: {what}" for a, b in pairs for what in unequal(a.path, b.path)]


def unequal(whole: Path, broken: Path) -> list[str]:
    """Return what two runs' directories differ in."""
    newest = [sorted((path / "checkpoints").glob("step-*"))[-1:] for path in (whole, broken)]
    found = [] if [f.name for f in newest[0]] == [f.name for f in newest[1]] else ["checkpoints"]
    files = [(a, b) for a, b in zip(*newest, strict=False)] + [(whole / "errors.npz", broken / "errors.npz")]
    found += [a.name for a, b in files if not b.exists() or a.read_bytes() != b.read_bytes()]
    return found + ([] if rows(whole) == rows(broken) else ["metrics.jsonl"])


def rows(path: Path) -> list[dict[str, Any]]:
    """Return a run's logged rows without times."""
    lines = (path / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [{key: value for key, value in json.loads(line).items() if key not in TIMES} for line in lines]


def finished_twice(out: Path) -> list[str]:
    """Return the runs that were not finished exactly once by the study's log."""
    ends = Counter(event["run"] for event in StudyLog(out).events() if event.get("told") == "finished")
    # What finished while nobody looked is found finished by the next coordinator, and has no such event.
    return [run for run, count in ends.items() if count > 1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out/survival"))
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--worker-kills", type=int, default=20)
    parser.add_argument("--coordinator-kills", type=int, default=3)
    given = parser.parse_args()
    file = write_study(given.out, given.seeds, given.steps)
    undisturbed(file, given.out / "whole")
    started = time.monotonic()
    words = ["--workers", str(given.workers)]
    kills = disturbed(file, given.out / "broken", words, Kills(given.worker_kills, given.coordinator_kills))
    different = differences(file, given.out / "whole", given.out / "broken")
    twice = finished_twice(given.out / "broken")
    counts = standing(given.out / "broken").counts
    print(f"{counts} in {time.monotonic() - started:.0f} s; killed {kills}; unequal {different}; twice {twice}")
    return int(bool(different or twice or kills["status"]))


if __name__ == "__main__":
    sys.exit(main())
