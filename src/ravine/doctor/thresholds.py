"""Every limit that a check compares with: one table, with the reason and the rate of false alarms."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

EXACT = "none: arithmetic of one computation done twice"
FIXED = "none on a fixed seed: a property, not a sample"


@dataclass(frozen=True)
class Threshold:
    """A limit, why it is there, and how often a healthy pipeline crosses it."""

    value: float
    reason: str
    false_alarms: str


THRESHOLDS: Mapping[str, Threshold] = MappingProxyType(
    {
        "rounding": Threshold(1e-3, "float32 sums in another order differ by about 1e-5 of their size", EXACT),
        "same energy": Threshold(1e-5, "relative; mean energies of the same points", EXACT),
        "effect": Threshold(1e-7, "relative change below which a changed field has had no effect", FIXED),
        "gradient cosine": Threshold(0.999, "the same gradient computed twice; bfloat16 reaches .9995", EXACT),
        "gradient size": Threshold(0.05, "relative; the norm of the same gradient computed twice", EXACT),
        "sampling": Threshold(
            4.5, "standard deviations of a binomial share; exact proportions stay far inside", "7e-6 a share"
        ),
        "temperature ratio low": Threshold(
            1.5, "four times the temperature makes an open contrast's gradient 4 times smaller", FIXED
        ),
        "temperature ratio high": Threshold(20.0, "8 times where the gaps are as large as the temperature", FIXED),
        "rising rows": Threshold(0.02, "a descent that keeps falling steps alone raises no row but by rounding", EXACT),
        "false negative distance": Threshold(
            1e-3, "of the answers' root mean square: nearer than any solver comes in training", "none: measured > 1e-2"
        ),
        "nearer point": Threshold(
            0.95, "of the positive's distance from the answer; independent offsets miss 1 by a hundredth", FIXED
        ),
        "off shell": Threshold(4.0, "an example's offset over its landscape's noise; IRED's negatives have 3", "warns"),
        "no shell": Threshold(
            10.0,
            "noise of hard examples as configured, over the landscape's: so far out that no solver comes there",
            FIXED,
        ),
        "random way": Threshold(
            0.7, "mean cosine of a control's ways in two draws: 0, or more where the bound turns both inside", FIXED
        ),
        "masked": Threshold(
            0.9, "share of problems of which a mined point is right by the verifier: the rest is too little", FIXED
        ),
        "held": Threshold(1e-6, "change at given entries, or relative change of the loss under their noise", EXACT),
        "shared problems": Threshold(
            2e-3, "share of training problems that are in a test set; problems drawn apart meet by chance", "below 1e-3"
        ),
        "repeated entries": Threshold(
            0.5,
            "share of offsets equal in noise units, or of answers; entries at the bound or given are left out",
            "below 1e-9",
        ),
        "bound slack": Threshold(1e-4, "relative; clipping is exact to a rounding", EXACT),
        "share at bound": Threshold(0.98, "a trained energy's negatives that say nothing but the bound", "warns only"),
        "open gap": Threshold(20.0, "in temperatures: beyond, the contrast's pull is below 2e-9 or constant", FIXED),
        "open rows": Threshold(0.01, "share of problems whose contrast still says something", FIXED),
        "ratio low": Threshold(0.1, "weighted contrast over denoising: worth a look below", "warns only"),
        "ratio high": Threshold(10.0, "weighted contrast over denoising: worth a look above", "warns only"),
        "ratio does nothing": Threshold(
            0.01,
            "below, the contrastive term does nothing: values at initial weights, later gradients, which warn",
            FIXED,
        ),
        "ratio takes over": Threshold(
            100.0,
            "above, the contrastive term takes over: values at initial weights, later gradients, which warn",
            FIXED,
        ),
        "opposed cosine": Threshold(-0.95, "below, the contrastive term undoes the denoising", FIXED),
        "pulling against": Threshold(
            -0.6, "the same, where training has not lowered the denoising loss; healthy ones reach -.54 there", FIXED
        ),
        "corruption share": Threshold(4.5, "standard deviations of a binomial share", "7e-6 a share"),
        "telling spread": Threshold(
            1e-3, "candidates' energies over their size: below, float32 decides their standardised order", FIXED
        ),
        "random pick": Threshold(
            -3.0, "z of the chosen energies against the mean of their candidates; chosen lowest gives below -10", "1e-3"
        ),
        "deaf entry": Threshold(1e-6, "of the median entry's gradient: an input that the energy does not see", FIXED),
        "finite difference": Threshold(0.03, "relative; central differences in float32 reach .003", EXACT),
        "gradient zero": Threshold(1e-6, "root mean square of the energy's gradient, noise has 1", FIXED),
        "gradient huge": Threshold(1e3, "root mean square of the energy's gradient, noise has 1", FIXED),
        "collapsed prediction": Threshold(
            0.002, "root mean square of a trained energy's noise prediction; noise has 1, initial weights .002", FIXED
        ),
        "known direction": Threshold(
            0.5, "cosine of noise prediction and noise: below, an energy is too little trained to have a size", FIXED
        ),
        "shrinking": Threshold(
            2.0, "noise over noise prediction, fitted by least squares: 1 where it fits", "warns only"
        ),
        "shortfall": Threshold(50.0, "the same: slow trainings have 15 when they have learned the direction", FIXED),
        "trained steps": Threshold(100.0, "optimiser steps before anything is asked of what an energy knows", FIXED),
        "vanishing layer": Threshold(1e-8, "a layer's gradient norm over the largest layer's", FIXED),
        "rank correlation": Threshold(
            -0.4, "energy and error along the way from right to wrong: initial weights have -.26 and more", FIXED
        ),
        "answer cosine": Threshold(
            -0.1, "descent's direction and the way to the answer: initial weights have -.03 and more", FIXED
        ),
        "same draw": Threshold(
            0.9999, "cosine of a step's gradients in one part and in several: below, each part draws for itself", EXACT
        ),
        "summed parts": Threshold(
            0.85, "of the number of parts: the norm of a gradient whose parts were added up, not averaged", FIXED
        ),
        "data moment": Threshold(5.0, "standard errors between sizes of training problems and the split's", "2e-6"),
        "clipping floor": Threshold(
            0.05, "mean squared error forced by the solver's bound, over the answers' mean square", FIXED
        ),
        "divergence": Threshold(
            3.0, "last denoising losses over the lowest before, medians of thirds of a run", "warns, unless it is lost"
        ),
        "excursion": Threshold(
            10.0, "a denoising loss over the median of the third of the run before it", "warns, unless lost"
        ),
        "lost": Threshold(
            0.5, "of the loss that training began with: from there on a rise has lost what was learned", FIXED
        ),
        "far out": Threshold(
            3.0, "of the loss that training began with: one batch this much worse is an excursion", FIXED
        ),
        "fallen": Threshold(
            0.9, "denoising loss over that of initial weights, half-way through a training: .25 and less", FIXED
        ),
        "plateau": Threshold(0.98, "last validation cost over the best trivial predictor's", "warns only"),
        "baseline": Threshold(1.05, "validation cost over the baseline run's: worse by 5 %", "one run decides little"),
        "baseline of decades": Threshold(
            10.0,
            "the same where errors fall by decades: seeds of a solved task differ by factors",
            "one run decides little",
        ),
        "decades": Threshold(0.01, "last validation cost of the baseline run over its first", FIXED),
    }
)
"""The limits by name."""


def limit(name: str) -> float:
    """Return a limit's value."""
    return THRESHOLDS[name].value
