"""Comparisons as entries of `results.json`: numbers that do not exist are null, p values adjusted for their family."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ravine import statistics
from ravine.analysis.pairing import Compared


def entries(found: Sequence[Compared]) -> list[dict[str, Any]]:
    """Return comparisons as entries of `results.json`; numbers that do not exist are null."""
    q = adjusted([entry for entry in found if not entry.question.registered], statistics.benjamini_hochberg)
    holm = adjusted([entry for entry in found if entry.question.registered], statistics.holm)
    return [comparison_entry(entry, q.get(id(entry)), holm.get(id(entry))) for entry in found]


def adjusted(found: Sequence[Compared], adjust: Callable[[list[float]], Any]) -> dict[int, float]:
    """Return adjusted p values of the comparisons that have one, by identity."""
    with_p = [entry for entry in found if not entry.finding.comparison.degenerate]
    values = adjust([entry.finding.comparison.p for entry in with_p])
    return {id(entry): float(value) for entry, value in zip(with_p, values, strict=True)}


def comparison_entry(found: Compared, q: float | None, holm: float | None) -> dict[str, Any]:
    """Return a comparison as an entry of `results.json`."""
    c, question = found.finding.comparison, found.question
    low, high = (None, None) if c.degenerate else c.interval
    numbers = {"effect": c.effect, "low": low, "high": high, "p": None if c.degenerate else c.p, "spread": c.spread}
    return {
        "arm": question.arm,
        "against": question.against,
        "split": question.split,
        "metric": question.measure.name,
        "scale": question.scale.name,
        "margin": question.margin,
        "registered": question.registered,
        "exploratory": not question.registered,
        "seeds": c.n,
        "diverged": list(found.diverged),
        **{name: value if value is not None and math.isfinite(value) else None for name, value in numbers.items()},
        "q": q,
        **(tests_of(found, holm) if question.registered else {}),
        "refused": found.refused,
        "verdict": found.finding.words,
        "sentence": found.sentence,
    }


def tests_of(found: Compared, holm: float | None) -> dict[str, Any]:
    """Return the further tests of a registered comparison, by name; None where they say nothing."""
    c, margin = found.finding.comparison, found.finding.margin
    flips = statistics.sign_flip_test(found.d, np.random.default_rng(0)) if found.d else None
    only = statistics.mcnemar(*map(np.array, found.capped)) if found.d else None
    return {
        "p_holm": holm,
        "p_margin": None if c.degenerate else statistics.margin_p(c, margin),
        "p_equivalence": None if c.degenerate else statistics.equivalence_p(c, margin),
        "p_sign_flip": None if flips is None else flips.p,
        "least_p_sign_flip": None if flips is None else flips.least_p,
        "p_diverged": None if only is None else only.p,
    }
