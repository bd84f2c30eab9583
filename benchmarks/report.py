"""How long a report takes on a study of many finished runs, and how much memory.

    python -m benchmarks.report [--arms 10] [--seeds 100] [--rows 2000] [--keep DIR]

Plants a study's directory (seeded numbers, no training), then reports on it in a process of its own and prints seconds
of the wall and of the processor, the largest resident memory, and the size of the page. The promise is 10 s and 1 GB
for 1,000 runs.
"""

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.report.planted import Plan, plant


def arms_of(count: int) -> dict[str, dict[str, object]]:
    """Return a baseline arm and `count` - 1 others that differ in the steps and scale of their mining."""
    others = [(steps, scale) for scale in (1.0, 2.0, 3.0, 5.0) for steps in range(1, count)]
    chosen = others[: count - 1]
    named = {
        f"s{steps}-x{scale:g}": {
            "mining.arm": "mine",
            "mining.arms.mine.refine.steps": steps,
            "mining.arms.mine.propose.scale": scale,
        }
        for steps, scale in chosen
    }
    return {"none": {"mining.arm": "none"}, **named}


def measure(study: Path) -> None:
    """Report on a study in a process of its own and print what it took."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "ravine", "report", str(study)], check=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"{time.perf_counter() - began:.1f} s ({used.ru_utime + used.ru_stime:.1f} s of the processor), "
        f"{used.ru_maxrss / 1024:.0f} MiB at most, page of {(study / 'report.html').stat().st_size / 1e6:.2f} MB"
    )


def main() -> None:
    """Plant and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arms", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--keep", type=Path, help="plant here, and leave it")
    chosen = parser.parse_args()
    plan = Plan(arms_of(chosen.arms), seeds=chosen.seeds, rows=chosen.rows, steps=50 * chosen.rows)
    with TemporaryDirectory() as folder:
        study = plant(chosen.keep or Path(folder) / "study", plan)
        runs = chosen.arms * chosen.seeds
        size = sum(file.stat().st_size for file in study.rglob("metrics.jsonl"))
        print(f"{runs} runs, {size / 1e6:.0f} MB of metrics")
        measure(study)


if __name__ == "__main__":
    main()
