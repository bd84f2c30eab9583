"""How many seeds a study should register: from a stated spread, or from a pilot's, with what the pilot leaves open."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ravine import statistics
from ravine.analysis import upgrade
from ravine.analysis.pilot import PilotSpread, pilot_spreads
from ravine.errors import InputError, RunError
from ravine.statistics.scale import Scale, ScaleName
from ravine.training.directory import read_json

MOST_SEEDS = 100_000
"""Beyond so many seeds nobody registers, and the numbers lose their meaning."""
GAINS: Mapping[ScaleName, tuple[float, ...]] = {"ratio": (0.02, 0.05, 0.1, 0.2), "points": (0.01, 0.02, 0.05, 0.1)}
SPREADS: Mapping[ScaleName, str] = {
    "ratio": "the standard deviation of log-ratios over seeds is above 0, as in 0.05",
    "points": "the standard deviation of differences over seeds, as a share: 0.05 for 5 points",
}


@dataclass(frozen=True)
class SeedsRow:
    """Seeds that detect a true gain, at the spread itself and at both ends of its interval; None beyond 100,000.

    `gain`: 0.05 for an error 5 % lower, or a share 5 points better. `to_show_margin`: seeds that show
    at least the margin where the gain is true; None where it is no more than the margin.
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
    scale: ScaleName
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


def from_spread(
    spread: float,
    gains: Sequence[float] | None,
    comparisons: int,
    margin: float | None,
    power: float = 0.8,
    scale: Scale = statistics.RATIO,
) -> Power:
    """Return the table of a stated spread of d over seeds; an `InputError` for one that is not on the scale."""
    if not 0 < spread < (1 if scale.name == "points" else math.inf):
        raise InputError(f"--spread {spread:g}: {SPREADS[scale.name]}")
    known = statistics.SpreadInterval(spread, spread, spread, 0, 1.0)
    return table("stated", scale, known, None, 0, gains, comparisons, margin, power)


def from_pilot(
    study: Path, gains: Sequence[float] | None, comparisons: int | None, margin: float | None, power: float = 0.8
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
            f"{entry.measure.label}: {entry.arm} {entry.measure.scale.sign} {entry.against} on {entry.split}",
            entry.measure.scale,
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
    """Return a study's `results.json` as today's schema has it; a `RunError` if there is none, or of another kind."""
    file = study / "results.json"
    if not file.exists():
        raise RunError(f"{study}: not a finished study's directory (no results.json); run `ravine compare` first")
    found = dict(upgrade.results(read_json(file)))
    if not {"registration", "arms"} <= found.keys():
        raise RunError(f"{file}: holds no study's results")
    return found


def is_usable(entry: PilotSpread) -> bool:
    """Return whether a pilot's spread can be planned with: two seeds, that are not identical by a fault."""
    return entry.spread.n >= 2 and entry.spread.spread > 1e-12


def table(
    source: str,
    scale: Scale,
    spread: statistics.SpreadInterval,
    pilot_seeds: int | None,
    left_out: int,
    gains: Sequence[float] | None,
    comparisons: int,
    margin: float | None,
    power: float,
) -> Power:
    """Return the seeds by gain for one spread and the interval it is known to; gains and margin are the scale's own."""
    wanted = scale.default_margin if margin is None else margin

    def count(effect: float, spread: float) -> int | None:
        return seeds(effect, spread, comparisons, power)

    def row_of(gain: float) -> SeedsRow:
        effect = scale.delta(gain)
        at, least, greatest = (count(effect, s) for s in (spread.spread, spread.low, spread.high))
        beyond = count(effect - scale.delta(wanted), spread.spread) if gain > wanted else None
        return SeedsRow(gain, at, least, greatest, beyond)

    rows = tuple(map(row_of, GAINS[scale.name] if gains is None else gains))
    known = (spread.spread, spread.low, spread.high)
    return Power(source, scale.name, *known, pilot_seeds, left_out, comparisons, wanted, power, rows)


def seeds(effect: float, spread: float, comparisons: int, power: float) -> int | None:
    """Return the seeds that detect a true mean of d, at least the 3 that a verdict takes; None beyond 100,000."""
    if spread * 3 / math.sqrt(MOST_SEEDS) > abs(effect):
        return None
    return max(3, statistics.seeds_needed(effect, spread, comparisons, power))
