"""Mining leaves everything else as it was, and no row minds the others."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ravine.doctor.bench import SEED, Bench
from ravine.doctor.finding import Outcome, below, judged
from ravine.doctor.oracle import apart
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit


@check(
    "D509",
    "mining leaves no trace",
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
        pipeline.mine(arm, batch, k, None, SEED)
        if not same(state, random_state()):
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


def random_state() -> tuple[Any, ...]:
    """Return the global random states of PyTorch and NumPy; Python's own is drawn from by run-time type checkers."""
    legacy: Any = np.random.get_state()  # noqa: NPY002 - the global state is what must not move
    return torch.get_rng_state(), legacy[1].tolist(), legacy[2:], legacy


def restore(state: tuple[Any, ...]) -> None:
    """Put the global random states back: whoever moved them, the doctor leaves no trace."""
    torch.random.set_rng_state(state[0])
    np.random.set_state(state[3])  # noqa: NPY002


def same(a: Any, b: Any) -> bool:
    """Return whether two snapshots are equal."""
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return torch.equal(a, b)
    if isinstance(a, tuple) and isinstance(b, tuple):
        return torch.equal(a[0], b[0]) and a[1:3] == b[1:3]
    return bool(a is b or a == b)


@check(
    "D407",
    "rows are mined independently of one another",
    "index by row everywhere: landscape, bound, energies; take no statistic over the batch",
    cheap=True,
    rests_on=("D309", "D509"),
)
def independent(bench: Bench) -> Outcome:
    """Mine half of the problems from the same proposals, and the other half in another order."""
    off = {}
    size = len(bench.batch)
    backwards = torch.arange(size - 1, -1, -1, device=bench.device)
    for arm in bench.arms:
        proposals = bench.proposals(arm)
        whole = bench.mined(arm).negatives
        half = slice(size // 2, size)
        part = bench.pipeline.mine(arm, bench.batch.rows(half), bench.k[half], proposals[half], SEED).negatives
        again = bench.pipeline.mine(arm, bench.batch.rows(backwards), bench.k[backwards], proposals[backwards], SEED)
        off[arm] = max(rows_apart(part, whole[half]), rows_apart(again.negatives, whole[backwards]))
    return judged(below(off, 0.1), "a row's negative depends on other rows", share_of_rows_changed=off)


def rows_apart(a: Tensor, b: Tensor) -> float:
    """Return the share of rows that differ by more than a rounding."""
    if a.shape != b.shape:
        return apart(a, b)
    far = (a - b).flatten(1).square().mean(1).sqrt() / b.flatten(1).square().mean(1).sqrt().clamp(min=1e-12)
    return float((~(far <= 10 * limit("rounding"))).float().mean())
