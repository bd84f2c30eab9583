"""Mining leaves everything else as it was, and no row minds the others."""

from typing import Any

import torch
from torch import Tensor

from ravine.doctor.bench import SEED, Bench
from ravine.doctor.finding import Outcome, below, judged, largest
from ravine.doctor.guarded import unguarded
from ravine.doctor.oracle import apart
from ravine.doctor.randomness import moved, random_state, restore
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit


@check(
    "D509",
    "mining has no side effects",
    "mine under no_grad, from copies, with a generator of its own, and leave the model's modes alone",
    cheap=True,
)
def untouched(bench: Bench) -> Outcome:
    """Compare weights, gradients, modes, buffers, global random state and batch before and after mining."""
    changed: list[str] = []
    pipeline = bench.pipeline.fresh()
    pipeline.model().train()
    batch, k = bench.batch.rows(torch.arange(bench.size, device=bench.device)), bench.k.clone()
    for arm in bench.arms:
        before, held = snapshot(pipeline.model()), [batch.x.clone(), batch.y.clone(), k.clone()]
        state = random_state()
        unguarded(pipeline).mine(arm, batch, k, None, SEED)
        if not pipeline.global_randomness and moved(state, random_state()):
            changed.append("global random state")
        restore(state)
        after = snapshot(pipeline.model())
        changed += [name for name in before if not same(before[name], after.get(name))]
        names = ("problems", "answers", "landscapes")
        changed += [n for n, a, b in zip(names, held, (batch.x, batch.y, k), strict=True) if not same(a, b)]
    return judged(not changed, "mining changed " + ", ".join(dict.fromkeys(changed)), changed=len(changed))


def snapshot(model: torch.nn.Module) -> dict[str, Any]:
    """Return everything about a model that mining could change, by name."""
    held: dict[str, Any] = {f"value of {n}": t.detach().clone() for n, t in model.state_dict().items()}
    held |= {f"buffer {n}": t.detach().clone() for n, t in model.named_buffers()}
    for name, parameter in model.named_parameters():
        held[f"requires_grad of {name}"] = parameter.requires_grad
        held[f"gradient of {name}"] = None if parameter.grad is None else parameter.grad.detach().clone()
    return held | {f"mode of {name or 'the model'}": module.training for name, module in model.named_modules()}


def same(a: Any, b: Any) -> bool:
    """Return whether two snapshots are equal."""
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return torch.equal(a, b)
    return bool(a is b or a == b)


BESIDE_THE_SEED = (
    "draw from the generator that mine() is given the seed of; look for a fallback that picks at random where a choice "
    "by energy is meant"
)


@check(
    "D407",
    "rows are mined independently of one another",
    "index by row everywhere: landscape, bound, energies; take no statistic over the batch",
    cheap=True,
    rests_on=("D309",),
)
def independent(bench: Bench) -> Outcome:
    """Mine the same rows from the same proposals beside other rows, and, without noise, in halves and backwards.

    Rows that keep their places keep their noise. Equal seeds must give equal negatives, or nothing can be compared.
    """
    off, size = {}, len(bench.batch)
    places = torch.arange(size, device=bench.device)
    for arm in bench.arms:
        proposals, whole = bench.proposals_or_none(arm), bench.mined(arm).negatives

        def again(order: Tensor, seed: int = SEED, arm: str = arm, proposals: Tensor | None = proposals) -> Tensor:
            start = None if proposals is None else proposals[order]
            return bench.pipeline.mine(arm, bench.batch.rows(order), bench.k[order], start, seed).negatives

        if not rows_apart(again(places), whole) < 0.1:
            says = f"arm {arm!r}: equal seeds give different negatives: something is drawn from another generator"
            return Outcome("fail", {arm: rows_apart(again(places), whole)}, says, BESIDE_THE_SEED)
        tried = list[float]()
        for kept in (places % 2 == 0, places % 2 == 1):
            other = again(torch.where(kept, places, (places + 1 + 2 * (places // 4)) % size))
            tried.append(rows_apart(other[kept], whole[kept]))
        if proposals is not None and rows_apart(again(places, SEED + 1), whole) < 0.1:  # it draws no noise
            half, backwards = places[size // 2 :], places.flip(0)
            tried += [rows_apart(again(half), whole[half]), rows_apart(again(backwards), whole[backwards])]
        off[arm] = largest(tried)
    return judged(below(off, 0.1), "a row's negative depends on other rows", share_of_rows_changed=off)


def rows_apart(a: Tensor, b: Tensor) -> float:
    """Return the share of rows that differ by more than a rounding."""
    if a.shape != b.shape:
        return apart(a, b)
    far = (a - b).flatten(1).square().mean(1).sqrt() / b.flatten(1).square().mean(1).sqrt().clamp(min=1e-12)
    return float((~(far <= 10 * limit("rounding"))).float().mean())
