"""Comparing arms over paired seeds: intervals, tests, verdicts and power, as pure functions on arrays."""

from ravine.statistics.bootstrap import BootstrapEffect, bootstrap
from ravine.statistics.divergence import (
    ImputedPair,
    McNemarTest,
    RateInterval,
    diverged,
    impute_diverged,
    mcnemar,
    wilson_interval,
)
from ravine.statistics.interim import InterimAction, InterimLook, conditional_power, interim_look
from ravine.statistics.multiplicity import benjamini_hochberg, holm
from ravine.statistics.paired import (
    Interval,
    PairedComparison,
    compare,
    differences,
    equivalence_p,
    margin_p,
    simultaneous_interval,
)
from ravine.statistics.permutation import SignFlipTest, least_attainable_p, least_seeds, sign_flip_test
from ravine.statistics.power import power_of, seeds_needed, seeds_to_decide, smallest_detectable_effect
from ravine.statistics.problems import mean_interval
from ravine.statistics.scale import RATIO, DivergenceRule, Points, Ratio, Scale, scale_of
from ravine.statistics.skill import skill
from ravine.statistics.spread import SpreadInterval, spread_interval
from ravine.statistics.verdict import Finding, Verdict, classify_interval, verdict
from ravine.statistics.words import brief

__all__ = [
    "RATIO",
    "BootstrapEffect",
    "DivergenceRule",
    "Finding",
    "ImputedPair",
    "InterimAction",
    "InterimLook",
    "Interval",
    "McNemarTest",
    "PairedComparison",
    "Points",
    "RateInterval",
    "Ratio",
    "Scale",
    "SignFlipTest",
    "SpreadInterval",
    "Verdict",
    "benjamini_hochberg",
    "bootstrap",
    "brief",
    "classify_interval",
    "compare",
    "conditional_power",
    "differences",
    "diverged",
    "equivalence_p",
    "holm",
    "impute_diverged",
    "interim_look",
    "least_attainable_p",
    "least_seeds",
    "margin_p",
    "mcnemar",
    "mean_interval",
    "power_of",
    "scale_of",
    "seeds_needed",
    "seeds_to_decide",
    "sign_flip_test",
    "simultaneous_interval",
    "skill",
    "smallest_detectable_effect",
    "spread_interval",
    "verdict",
    "wilson_interval",
]
