"""Every limit that a check compares with: one table, with the reason and the rate of false alarms."""

from collections.abc import Mapping
from dataclasses import dataclass

EXACT = "none: arithmetic of one computation done twice"
FIXED = "none on a fixed seed: a property, not a sample"


@dataclass(frozen=True)
class Limit:
    """A limit, why it is there, and how often a healthy pipeline crosses it."""

    value: float
    reason: str
    false_alarms: str = FIXED


THRESHOLDS: Mapping[str, Limit] = {
    "rounding": Limit(1e-3, "float32 sums in another order differ by about 1e-5 of their size", EXACT),
    "effect": Limit(1e-7, "relative change below which a changed field has had no effect"),
    "gradient cosine": Limit(0.999, "the same gradient computed twice; bfloat16 reaches .9995", EXACT),
    "gradient size": Limit(0.05, "relative; the norm of the same gradient computed twice", EXACT),
    "sampling": Limit(
        4.5, "standard deviations of a binomial share; exact proportions stay far inside", "7e-6 a share"
    ),
    "temperature ratio low": Limit(1.5, "four times the temperature makes an open contrast's gradient 4 times smaller"),
    "temperature ratio high": Limit(20.0, "8 times where the gaps are as large as the temperature"),
    "rising rows": Limit(0.02, "a descent that keeps falling steps alone raises no row but by rounding", EXACT),
    "false negative distance": Limit(
        1e-3, "of the answers' root mean square: nearer than any solver comes in training", "none: measured > 1e-2"
    ),
    "nearer point": Limit(0.95, "of the positive's distance from the answer; independent offsets miss 1 by .01"),
    "off shell": Limit(4.0, "an example's offset over its landscape's noise; IRED's negatives have 3", "warns"),
    "no shell": Limit(
        10.0, "noise of hard examples as configured, over the landscape's: so far out that no solver comes there"
    ),
    "random way": Limit(
        0.7, "mean cosine of a control's ways in two draws: 0, or more where the bound turns both inside"
    ),
    "masked": Limit(0.9, "share of problems of which a mined point is right by the verifier: the rest is too little"),
    "held": Limit(1e-6, "change at given entries, or relative change of the loss under their noise", EXACT),
    "shared problems": Limit(
        2e-3, "share of training problems that are in a test set; problems drawn apart meet by chance", "below 1e-3"
    ),
    "repeated entries": Limit(
        0.5,
        "share of offsets equal in noise units, or of answers; entries at the bound or given are left out",
        "below 1e-9",
    ),
    "bound slack": Limit(1e-4, "relative; clipping is exact to a rounding", EXACT),
    "share at bound": Limit(0.98, "a trained energy's negatives that say nothing but the bound", "warns only"),
    "open gap": Limit(20.0, "in temperatures: beyond, the contrast's pull is below 2e-9 or constant"),
    "entry gap": Limit(10.0, "gap in temperatures an entry: noise predictions have 1, initial weights up to 1.7"),
    "open rows": Limit(0.01, "share of problems whose contrast still says something"),
    "ratio low": Limit(0.1, "weighted contrast over denoising: worth a look below", "warns only"),
    "ratio high": Limit(10.0, "weighted contrast over denoising: worth a look above", "warns only"),
    "ratio does nothing": Limit(
        0.001, "below, the contrast does nothing: .05 beside a first loss of 6 is .008; later gradients, which warn"
    ),
    "ratio takes over": Limit(
        100.0, "above, the contrast takes over: values at initial weights; later gradients, which warn"
    ),
    "one line": Limit(
        0.95, "cosine of the two terms' gradients: above, neither takes over; below its negative, a warning"
    ),
    "pulling against": Limit(
        -0.6, "the same, where training has not lowered the denoising loss: healthy ones have -.54"
    ),
    "telling spread": Limit(
        1e-3, "candidates' energies over their size: below, float32 decides their standardised order"
    ),
    "random pick": Limit(
        -3.0, "z of the chosen energies against the mean of their candidates; chosen lowest gives below -10", "1e-3"
    ),
    "deaf entry": Limit(1e-6, "of the median entry's gradient: an input that the energy does not see"),
    "finite difference": Limit(0.03, "relative; central differences in float32 reach .003", EXACT),
    "gradient zero": Limit(1e-6, "root mean square of the energy's gradient, noise has 1"),
    "gradient huge": Limit(1e3, "root mean square of the energy's gradient, noise has 1"),
    "collapsed prediction": Limit(
        0.002, "root mean square of a trained noise prediction; noise has 1, initial weights .002"
    ),
    "known direction": Limit(
        0.5, "cosine of noise prediction and noise: below, an energy is too little trained to have a size"
    ),
    "shrinking": Limit(2.0, "noise over noise prediction, fitted by least squares: 1 where it fits", "warns only"),
    "shortfall": Limit(50.0, "the same: slow training runs have 15 when they have learned the direction"),
    "trained steps": Limit(100.0, "optimiser steps before anything is asked of what an energy knows"),
    "vanishing layer": Limit(1e-8, "a layer's gradient norm over the largest layer's"),
    "rank correlation": Limit(-0.4, "energy and error along the way from right to wrong: initial weights have -.26"),
    "answer cosine": Limit(-0.1, "descent's direction and the way to the answer: initial weights have -.03"),
    "same draw": Limit(
        0.9999, "cosine of a step's gradients in one part and in several: below, each part draws for itself", EXACT
    ),
    "summed parts": Limit(0.85, "of the number of parts: the norm of a gradient whose parts were added up"),
    "data moment": Limit(5.0, "standard errors between sizes of training problems and the split's", "2e-6"),
    "clipping floor": Limit(0.05, "mean squared error forced by the solver's bound, over the answers' mean square"),
    "divergence": Limit(
        3.0, "last denoising losses over the lowest before, medians of thirds of a run", "warns, unless it is lost"
    ),
    "excursion": Limit(
        10.0, "a denoising loss over the median of the third of the run before it", "warns, unless lost"
    ),
    "lost": Limit(0.5, "of the loss that training began with: from there on a rise has lost what was learned"),
    "far out": Limit(3.0, "of the loss that training began with: one batch this much worse is an excursion"),
    "fallen": Limit(0.9, "denoising loss over that of initial weights, half-way through training: .25 and less"),
    "plateau": Limit(0.98, "last validation cost over the best trivial predictor's", "warns only"),
    "baseline": Limit(1.05, "validation cost over the baseline run's: worse by 5 %", "one run decides little"),
    "baseline of decades": Limit(
        10.0,
        "the same where errors fall by decades: seeds of a solved task differ by factors",
        "one run decides little",
    ),
    "decades": Limit(0.01, "last validation cost of the baseline run over its first"),
}
"""The limits by name."""


def limit(name: str) -> float:
    """Return a limit's value."""
    return THRESHOLDS[name].value
