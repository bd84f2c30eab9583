"""How long a study of a thousand runs takes to plan, to tell how it stands, and to collect, and how much memory.

    python -m benchmarks.large_study [--arms 10] [--seeds 100] [--points 0] [--rows 2000] [--keep DIR]

Plants the directories of finished runs (seeded numbers, no training); with --points the seeds are spread over that many
points of an axis. Each of the three is then done in a process of its own: seconds of the processor, of the wall (which
depend on what else runs) and largest resident memory. It exits 1 where one exceeds its promise: planning 5 s, status
2 s, collecting 10 s of the processor, 1 GB.
"""

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from tests.report.planted import Plan, plant_run

from ravine.config import StudyConfig, read_study
from ravine.experiments.claiming import claim
from ravine.experiments.comparison import planned_rows
from ravine.experiments.log import StudyLog
from ravine.experiments.planning import plan
from ravine.experiments.standing import write_plan

GIGABYTE = 1e9
PLANNING = """
from pathlib import Path
from ravine.config import read_study
from ravine.experiments.planning import check_study, plan
study = read_study("{file}")
check_study(study)
print(len(plan(study, Path("{out}"))), "runs planned")
"""
COLLECTING = """
from pathlib import Path
from ravine.experiments.collecting import collected
from ravine.config import read_study
from ravine.experiments.planning import plan
from ravine.experiments.registering import register
from ravine.experiments.planning import registration
study, out = read_study("{file}"), Path("{out}")
found = collected(study, out, plan(study, out), register(out, registration(study)), None)
print(found["outcome"]["headline"])
"""


@dataclass(frozen=True)
class Promise:
    """What is measured: its name, the command, and the seconds that it may take."""

    name: str
    command: list[str]
    seconds: float


def study_file(folder: Path, arms: int, seeds: int, points: int) -> Path:
    """Write a study of `arms` arms, the first without mining, and of `points` points of one axis beside its own run."""
    named = ['[arms.none]\n"mining.arm" = "none"']
    named += [f'[arms.a{index}]\n"mining.arm" = "random"\n"mining.weight" = {index / 10}' for index in range(1, arms)]
    axis = f"[axes]\ntask.n = {[n for n in range(2, points + 3) if n != 6][:points]}\n" if points else ""
    run = '[run]\nbase = "inverse-quick"\ntask.n = 6\nevaluation.problems = 200\ntraining.steps = 3000\n'
    file = folder / "study.toml"
    file.write_text("\n".join([f'seeds = {seeds}\nbaseline = "none"', axis, *named, run]), encoding="utf-8")
    return file


def planted(study: StudyConfig, out: Path, rows: int) -> int:
    """Make a study's directory with all of its runs finished; return how many there are."""
    claim(study, out)
    made = plan(study, out)
    write_plan(out, planned_rows(made), "ravine compare study.toml", {"name": "local"})
    effects = {arm: -0.02 * index for index, arm in enumerate(study.arms)}
    look = Plan(study.arms, effects, rows=rows, measured=False)
    log, chance = StudyLog(out), np.random.default_rng(0)
    for run in made:
        plant_run(run, look, 0.0, chance)
        log.add("started", run.key, executor="local", where="process 1", job="", told="started on process 1")
        log.add("ended", run.key, deaths=0, told="finished")
    return len(made)


def measured(promise: Promise) -> bool:
    """Run a command, print what it took, and return whether that is within its promise."""
    began = time.perf_counter()
    done = subprocess.Popen(promise.command)
    _, status, used = os.wait4(done.pid, 0)
    seconds, memory = time.perf_counter() - began, used.ru_maxrss * 1024
    spent = used.ru_utime + used.ru_stime
    kept = status == 0 and spent <= promise.seconds and memory <= GIGABYTE
    told = f"{spent:.1f} s of {promise.seconds:g} ({seconds:.1f} s of the wall), {memory / 1e6:.0f} MB"
    print(f"{promise.name}: {told}{'' if kept else '  TOO MUCH'}", flush=True)
    return kept


def main() -> int:
    """Plant and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arms", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--points", type=int, default=0)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--keep", type=Path, help="plant here, and leave it")
    chosen = parser.parse_args()
    with TemporaryDirectory() as folder:
        place = chosen.keep or Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        out = place / "out"
        file = study_file(place, chosen.arms, chosen.seeds // (chosen.points + 1), chosen.points)
        count = len(list(out.rglob("status.json"))) or planted(read_study(file), out, chosen.rows)
        print(f"{count} runs", flush=True)
        python = [sys.executable, "-c"]
        promises = [
            Promise("planning", [*python, PLANNING.format(file=file, out=out)], 5),
            Promise("status", [sys.executable, "-m", "ravine", "study", "status", str(out)], 2),
            Promise("collecting", [*python, COLLECTING.format(file=file, out=out)], 10),
        ]
        kept = [measured(promise) for promise in promises]
    return int(not all(kept))


if __name__ == "__main__":
    sys.exit(main())
