"""Comparing arms over paired seeds: intervals, tests, verdicts and power, as pure functions on arrays."""

from ravine.statistics.bootstrap import BootstrapRatio, bootstrap_ratio
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
    PairedComparison,
    RatioInterval,
    compare,
    equivalence_p,
    log_ratios,
    margin_p,
    simultaneous_interval,
)
from ravine.statistics.permutation import SignFlipTest, least_attainable_p, least_seeds, sign_flip_test
from ravine.statistics.power import power_of, seeds_needed, seeds_to_decide, smallest_detectable_ratio
from ravine.statistics.spread import SpreadInterval, spread_interval
from ravine.statistics.verdict import Finding, Verdict, classify_interval, verdict
from ravine.statistics.words import brief

__all__ = [
    "BootstrapRatio",
    "Finding",
    "ImputedPair",
    "InterimAction",
    "InterimLook",
    "McNemarTest",
    "PairedComparison",
    "RateInterval",
    "RatioInterval",
    "SignFlipTest",
    "SpreadInterval",
    "Verdict",
    "benjamini_hochberg",
    "bootstrap_ratio",
    "brief",
    "classify_interval",
    "compare",
    "conditional_power",
    "diverged",
    "equivalence_p",
    "holm",
    "impute_diverged",
    "interim_look",
    "least_attainable_p",
    "least_seeds",
    "log_ratios",
    "margin_p",
    "mcnemar",
    "power_of",
    "seeds_needed",
    "seeds_to_decide",
    "sign_flip_test",
    "simultaneous_interval",
    "smallest_detectable_ratio",
    "spread_interval",
    "verdict",
    "wilson_interval",
]
