"""What a training step and solving cost: ours beside the textbook's, pair by pair in one process.

    python -m benchmarks [--quick] [--only WORD] [--rounds 5] [--threads 1] [--json PATH] [--upstream PATH]
        [field=value ...]

One row a work: milliseconds of ours and of the textbook's (autograd all over, nothing cached, float32, the same stream
of problems; of seeds together the same steps one by one), their ratio, problems a second, the share of the time that
ours would take if it did nothing but its matrix products at the speed measured first, and the most memory held. With
one thread, times are those of the processor, which other processes do not lengthen. `--quick` takes a sample, `--only`
the works whose name has a word. `--json` writes {"machine": {...}, "results": [{"work", "engine", "fast_ms",
"plain_ms", "ratio", "share_of_limit", ...}]}. `--upstream` names a checkout of the released IRED code, whose
requirements are installed; it is timed in turn with the others where it has the work (`upstream_ms`, `upstream_ratio`).
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from benchmarks.speed.clock import medians, peak_mib
from benchmarks.speed.limit import product_rate
from benchmarks.speed.works import Timed, every, operations, quick

from ravine import build
from ravine.config import read_run
from ravine.environment import environment
from ravine.precision import Precision, products
from ravine.training.engines.captured import WARM

TYPES: dict[Precision, torch.dtype] = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "tf32": torch.float32,
}
FORMS = {
    "fast_ms": ("fast ms", ".1f"),
    "plain_ms": ("plain ms", ".1f"),
    "ratio": ("ratio", ".2f"),
    "problems_per_second": ("problems/s", ".0f"),
    "share_of_limit": ("of limit", ".0%"),
    "peak_mib": ("MiB", ".0f"),
    "upstream_ms": ("upstream ms", ".1f"),
    "upstream_ratio": ("its ratio", ".2f"),
}
"""Of each column of the table its heading and how its numbers are written."""
WIDTH = 60
"""Characters of a row's name."""
MEANING = (
    "fast: ours; plain: the textbook's, or seeds one by one, - where there is none; ratio: plain over fast;\n"
    "of limit: the share of our time that its matrix products alone would take; MiB: the most memory held"
)


def measured(timed: Timed, rates: Mapping[str, float], rounds: int, upstream: Path | None = None) -> dict[str, Any]:
    """Return one row of the results; what is not known is None."""
    made = timed.make()
    released = None if upstream is None else timed.released(upstream)
    for _ in range(0 if made.engine == "eager" else WARM + 2):
        made.fast()  # what is compiled or recorded is so now; `medians` takes every work once before it times any
        if made.plain is not None:
            made.plain()
    counted = operations(timed.counted())
    works = {"fast": made.fast, "plain": made.plain, "upstream": released}
    taken = medians({name: work for name, work in works.items() if work is not None}, rounds)
    own, theirs, upstreams = taken["fast"], taken.get("plain"), taken.get("upstream")
    return {
        "work": timed.name,
        "engine": made.engine,
        "precision": timed.precision,
        "fast_ms": 1e3 * own,
        "plain_ms": None if theirs is None else 1e3 * theirs,
        "ratio": None if theirs is None else theirs / own,
        "problems_per_second": timed.problems / own,
        "share_of_limit": counted / rates[timed.precision] / own,
        "peak_mib": peak_mib(made.fast),
        "upstream_ms": None if upstreams is None else 1e3 * upstreams,
        "upstream_ratio": None if upstreams is None else upstreams / own,
    }


def line(row: Mapping[str, Any], columns: Sequence[str]) -> str:
    """Return a row as the table shows it: what was done, by which engine if not the eager one, and its numbers."""
    name = row["work"] if row["engine"] in ("eager", *row["work"].split(", ")) else f"{row['work']}, {row['engine']}"
    cells = ("-" if row[column] is None else format(row[column], FORMS[column][1]) for column in columns)
    return f"{name:<{WIDTH}}" + "".join(f"{cell:>12}" for cell in cells)


def arguments() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", metavar="field=value")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--upstream", type=Path)
    return parser.parse_intermixed_args()


def main() -> None:
    """Print the table, a line as soon as it is known."""
    asked = arguments()
    torch.set_num_threads(asked.threads)
    words = [f"compute.threads={asked.threads}", *asked.words]
    device = build.device(read_run("inverse-paper", words))
    rates: dict[str, float] = {}
    for name, dtype in TYPES.items():
        if name != "tf32" or device.type == "cuda":
            with products(name):
                rates[name] = product_rate(device, dtype)
    machine = environment(device) | {f"{name}_products_per_second": rate for name, rate in rates.items()}
    limits = ", ".join(f"{rate / 1e9:.0f} GFLOP/s in {name}" for name, rate in rates.items())
    print(f"{machine['device_name']}, threads: {asked.threads}, torch {torch.__version__}; products: {limits}")
    print(MEANING)
    columns = [name for name in FORMS if asked.upstream or not name.startswith("upstream")]
    print(" " * WIDTH + "".join(f"{FORMS[name][0]:>12}" for name in columns))
    results = []
    for timed in (quick if asked.quick else every)(words):
        if asked.only in timed.name:
            results.append(measured(timed, rates, asked.rounds, asked.upstream))
            print(line(results[-1], columns), flush=True)
            if asked.json:
                asked.json.write_text(json.dumps({"machine": machine, "results": results}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
