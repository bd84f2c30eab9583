"""Skill: how much of the way from the best trivial predictor to perfect."""

from __future__ import annotations

from collections.abc import Sequence

from ravine.statistics.scale import Better

EXACT = 1e-12
"""A trivial predictor so near to perfect leaves nothing to gain."""


def best_trivial(trivial: Sequence[float], better: Better) -> float | None:
    """The best of the trivial predictors' values of a metric; None without one."""
    if not trivial:
        return None
    return min(trivial) if better == "lower" else max(trivial)


def skill(value: float | None, trivial: Sequence[float], target: float, better: Better) -> float | None:
    """1 - |target - value| / |target - best trivial|: 0 is no better than a trivial rule, 1 is perfect.

    trivial: the trivial predictors' values of the same metric; target: that of a perfect answer.
    None where a trivial predictor is exact, none was scored, or the value is missing.
    """
    best = best_trivial(trivial, better)
    if value is None or best is None or abs(target - best) < EXACT:
        return None
    return 1 - abs(target - value) / abs(target - best)
