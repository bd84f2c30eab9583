"""Hard-negative selection: candidates and weight are used, the choice is the one a plain loop makes."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ravine.doctor.bench import Bench
from ravine.doctor.checks.refinement import candidates
from ravine.doctor.finding import Outcome, judged
from ravine.doctor.oracle import apart, distances, picked
from ravine.doctor.pipeline import absent, need
from ravine.doctor.registry import check
from ravine.doctor.shown import Recipe
from ravine.doctor.thresholds import limit


@check(
    "D401",
    "every problem gets as many candidates as configured",
    "pass the number of candidates on to the proposals, and let selection see all of them",
)
def counted(bench: Bench) -> Outcome:
    """Count each problem's proposals and candidates."""
    counts = {}
    for arm, recipe in bench.recipes:
        proposals = bench.proposals_or_none(arm)
        counts[arm] = [recipe.candidates, candidates(bench.mined(arm)).shape[1]]
        counts[arm] += [] if proposals is None else [proposals.shape[1]]
    holds = all(len(set(numbers)) == 1 for numbers in counts.values())
    return judged(holds, "candidates are missing", configured_present_proposed=counts)


def choosing(bench: Bench) -> list[tuple[str, Recipe]]:
    """Return the arms that choose by something that can be computed again, with their recipes."""
    known = [(a, r) for a, r in bench.recipes if r.selection in {"lowest", "most-deceptive"} or r.score is not None]
    return need(known or None, "no arm chooses among candidates by a score that is known")


@check(
    "D403",
    "selection agrees with brute force",
    "score (b, m) energies with (b, m) distances, row by row; a (b, 1) with a (b,) becomes (b, b)",
    rests_on=("D309", "D401", "D406", "D505"),
)
def brute_force(bench: Bench) -> Outcome:
    """Choose with a plain loop over rows, from the candidates' energies computed anew, and compare scores."""
    lost = {}
    for arm, recipe in choosing(bench):
        found = bench.mined(arm)
        among = candidates(found)
        anew = bench.energies_of(among)
        # Where candidates' energies differ by roundings alone, the choice follows those that the miner saw.
        known = found.energies is not None and apart(found.energies, anew) < 10 * limit("rounding")
        energies = (found.energies if known and found.energies is not None else anew).double().cpu().numpy()
        far = distances(among, bench.batch.y).double().cpu().numpy()
        scores = picked(energies, far, recipe)
        spread = np.ptp(scores, axis=1).clip(min=1e-12)
        index = index_of(found.negatives[:, 0], among)
        taken = np.where(index < 0, np.nan, scores[np.arange(len(scores)), index])
        # Scores equal to a rounding may be told apart either way.
        missed = ~(scores.max(1) - taken <= 1e-2 * spread)
        # Standardised, energies that differ by roundings alone are noise, and no oracle knows another's roundings.
        size = np.maximum(np.abs(energies).max(1), np.abs(energies).mean())
        telling = np.ptp(energies, axis=1) > limit("telling spread") * size
        telling &= np.ptp(far, axis=1) > limit("telling spread") * far.max(1)
        telling |= ~np.isfinite(scores).all(1)
        counted = np.ones_like(telling) if recipe.selection == "lowest" else telling
        if counted.any():
            lost[f"{arm}, {recipe.selection}"] = float(missed[counted].mean())
    if not lost:
        absent("the candidates' energies differ by rounding only")
    return judged(not any(lost.values()), "a plain loop chooses other candidates", share_of_other_choices=lost)


def index_of(negatives: Tensor, among: Tensor) -> Any:
    """Return which candidate each negative is, -1 where it is none of its own row's."""
    far = (among - negatives[:, None]).flatten(2).abs().amax(2)
    size = among.flatten(2).abs().amax(2).amax(1)
    nearest = far.argmin(1)
    return torch.where(far.amin(1) <= 1e-4 * size, nearest, -1).cpu().numpy()
