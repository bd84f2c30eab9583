"""Many runs are reported lean: a bounded number of rows is parsed, and time and memory stay small.

`python -m benchmarks.report` measures the promise itself, 1,000 runs in 10 s and 1 GB.
"""

import time
import tracemalloc
from pathlib import Path

from tests.report.planted import THREE, Plan, plant

from ravine.report import page
from ravine.report.reading.directory import read
from ravine.report.sections.curves import read_all


def test_a_hundred_runs_and_more(tmp_path: Path) -> None:
    arms = {**THREE, "replay": {"mining.arm": "replay"}}
    out = plant(tmp_path / "study", Plan(arms, seeds=30, rows=150, measured=False))
    began = time.process_time()
    made = page.write([out])
    assert time.process_time() - began < 10
    assert made.page.stat().st_size < 1_500_000
    tracemalloc.start()
    read_all(read(out))
    assert tracemalloc.get_traced_memory()[1] < 50e6
    tracemalloc.stop()
