"""What a training step and solving cost: ours beside the textbook's, pair by pair in one process.

    python -m benchmarks [--quick] [--only WORD] [--rounds 5] [--threads 1] [--json PATH] [field=value ...]

One row a work: milliseconds of ours and of the textbook's (autograd all over, nothing cached, float32, the same stream
of problems), their ratio, problems a second, the share of the time that ours would take if it did nothing but its
matrix products at the speed measured first, and the most memory held. With one thread, times are those of the
processor, which other processes do not lengthen. `--quick` takes a sample, `--only` the works whose name has a word.
`--json` writes {"machine": {...}, "results": [{"work", "fast_ms", "plain_ms", "ratio", "share_of_limit", ...}]}.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from benchmarks.speed.clock import medians, peak_mib
from benchmarks.speed.limit import product_rate
from benchmarks.speed.works import Timed, every, operations, quick

from ravine import build
from ravine.config import read_run
from ravine.environment import environment

TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
COLUMNS = ("fast ms", "plain ms", "ratio", "problems/s", "of limit", "MiB")


def measured(timed: Timed, rates: Mapping[str, float], rounds: int) -> dict[str, Any]:
    """Return one row of the results; what is not known is None."""
    fast, plain = timed.make()
    medians({"fast": fast}, 1)  # what is compiled is compiled now
    products = operations(fast) if "compiled" not in timed.name else None
    taken = medians({"fast": fast} | ({} if plain is None else {"plain": plain}), rounds)
    own, theirs = taken["fast"], taken.get("plain")
    return {
        "work": timed.name,
        "precision": timed.precision,
        "fast_ms": 1e3 * own,
        "plain_ms": None if theirs is None else 1e3 * theirs,
        "ratio": None if theirs is None else theirs / own,
        "problems_per_second": timed.problems / own,
        "share_of_limit": None if products is None else products / rates[timed.precision] / own,
        "peak_mib": peak_mib(fast),
    }


def line(row: Mapping[str, Any]) -> str:
    """Return a row as the table shows it."""
    forms = {"fast_ms": ".1f", "plain_ms": ".1f", "ratio": ".2f", "problems_per_second": ".0f"}
    forms |= {"share_of_limit": ".0%", "peak_mib": ".0f"}
    return f"{row['work']:<44}" + "".join(
        f"{'-' if row[name] is None else format(row[name], form):>11}" for name, form in forms.items()
    )


def arguments() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", metavar="field=value")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path)
    return parser.parse_intermixed_args()


def main() -> None:
    """Print the table, a line as soon as it is known."""
    asked = arguments()
    torch.set_num_threads(asked.threads)
    words = [f"compute.threads={asked.threads}", *asked.words]
    device = build.device(read_run("inverse-paper", words))
    rates = {name: product_rate(device, dtype) for name, dtype in TYPES.items()}
    machine = environment(device) | {f"{name}_products_per_second": rate for name, rate in rates.items()}
    limits = ", ".join(f"{rate / 1e9:.0f} GFLOP/s in {name}" for name, rate in rates.items())
    print(f"{machine['device_name']}, {asked.threads} threads, torch {torch.__version__}; products: {limits}")
    print(f"{'':<44}" + "".join(f"{name:>11}" for name in COLUMNS))
    results = []
    for timed in (quick if asked.quick else every)(words):
        if asked.only in timed.name:
            results.append(measured(timed, rates, asked.rounds))
            print(line(results[-1]), flush=True)
            if asked.json:
                asked.json.write_text(json.dumps({"machine": machine, "results": results}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
