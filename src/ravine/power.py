"""How many seeds a study should register: from a stated spread, or from a pilot's, with what the pilot leaves open."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ravine import statistics
from ravine.errors import InputError, RunError
from ravine.studies.pilot import PilotSpread, pilot_spreads
from ravine.training.directory import read_json

MOST_SEEDS = 100_000
"""Beyond so many seeds nobody registers, and the numbers lose their meaning."""


@dataclass(frozen=True)
class SeedsRow:
    """Seeds that detect a true gain, at the spread itself and at both ends of its interval; None beyond 100,000.

    `gain`: 0.05 for an error 5 % lower. `to_show_margin`: seeds that show at least the margin where the gain is true;
    None where it is no more than the margin.
    """

    gain: float
    seeds: int | None
    seeds_low: int | None
    seeds_high: int | None
    to_show_margin: int | None


@dataclass(frozen=True)
class Power:
    """The table of one spread: where it comes from, its interval, seeds by gain, and what `seeds` can detect."""

    source: str
    spread: float
    low: float
    high: float
    pilot_seeds: int | None
    left_out: int
    comparisons: int
    margin: float
    power: float
    rows: tuple[SeedsRow, ...]

    def described(self) -> dict[str, Any]:
        """Return the table as plain values."""
        return asdict(self)


def from_spread(spread: float, gains: Sequence[float], comparisons: int, margin: float, power: float = 0.8) -> Power:
    """Return the table of a stated spread of log-ratios; an `InputError` for one that is not above 0."""
    if not 0 < spread < math.inf:
        raise InputError(f"--spread {spread:g}: the standard deviation of log-ratios over seeds is above 0, as in 0.05")
    known = statistics.SpreadInterval(spread, spread, spread, 0, 1.0)
    return table("stated", known, None, 0, gains, comparisons, margin, power)


def from_pilot(
    study: Path, gains: Sequence[float], comparisons: int | None, margin: float | None, power: float = 0.8
) -> list[Power]:
    """Return a table for every arm of a pilot study's directory against its baseline.

    Comparisons and margin are the pilot's own unless given. A `RunError` says what a directory lacks.
    """
    results = read_results(study)
    spreads = pilot_spreads(results)
    usable = [entry for entry in spreads if is_usable(entry)]
    if not usable:
        raise RunError(f"{study}: no arm finished with the baseline at two seeds or more; add seeds, or give --spread")
    registered = results["registration"]
    count = comparisons or max(1, len(registered.get("comparisons") or spreads))
    wanted = float(registered["margin"]) if margin is None else margin
    return [
        table(
            f"{entry.arm} / {entry.against} on {entry.split}",
            entry.spread,
            entry.spread.n,
            entry.left_out,
            gains,
            count,
            wanted,
            power,
        )
        for entry in usable
    ]


def read_results(study: Path) -> dict[str, Any]:
    """Return a study's `results.json`; a `RunError` if there is none, or it is of another kind."""
    file = study / "results.json"
    if not file.exists():
        raise RunError(f"{study}: not a finished study's directory (no results.json); run `ravine compare` first")
    found = read_json(file)
    if not {"registration", "arms"} <= found.keys():
        raise RunError(f"{file}: holds no study's results")
    return found


def is_usable(entry: PilotSpread) -> bool:
    """Return whether a pilot's spread can be planned with: two seeds, that are not identical by a fault."""
    return entry.spread.n >= 2 and entry.spread.spread > 1e-12


def table(
    source: str,
    spread: statistics.SpreadInterval,
    pilot_seeds: int | None,
    left_out: int,
    gains: Sequence[float],
    comparisons: int,
    margin: float,
    power: float,
) -> Power:
    """Return the seeds by gain for one spread and the interval it is known to."""
    rows = [row_of(gain, spread, comparisons, margin, power) for gain in gains]
    known = (spread.spread, spread.low, spread.high)
    return Power(source, *known, pilot_seeds, left_out, comparisons, margin, power, tuple(rows))


def row_of(gain: float, spread: statistics.SpreadInterval, comparisons: int, margin: float, power: float) -> SeedsRow:
    """Return the seeds that find one true gain."""
    at, least, greatest = (seeds(1 - gain, s, comparisons, power) for s in (spread.spread, spread.low, spread.high))
    beyond = seeds((1 - gain) / (1 - margin), spread.spread, comparisons, power) if gain > margin else None
    return SeedsRow(gain, at, least, greatest, beyond)


def seeds(ratio: float, spread: float, comparisons: int, power: float) -> int | None:
    """Return the seeds that detect a ratio, at least the 3 that a verdict takes; None beyond 100,000."""
    if spread * 3 / math.sqrt(MOST_SEEDS) > abs(math.log(ratio)):
        return None
    return max(3, statistics.seeds_needed(ratio, spread, comparisons, power))
