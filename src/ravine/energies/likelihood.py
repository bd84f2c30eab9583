"""E = -sigma log p(y_k | x) up to a constant, in closed form: the gradient is the noise that the posterior mean leaves.

y_k = s v + sigma z, z standard normal, v the right answer. A network says what it believes of v before the point's own
entry is seen (a prior per cell, that may be read from all the other entries); the entry itself enters exactly. With a
prior that knows nothing of other entries E is the exact energy of independent cells.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import per_problem

Scale = Float[Tensor, " b"]


def beliefs(y: Float[Tensor, "b *cells values"], s: Scale, sigma: Scale) -> Float[Tensor, "b *cells values"]:
    """Return what each one-hot cell's own entries say of its value, softmax of 2 s y / sigma^2 over the last axis."""
    return (2 * evidence(y, s, sigma)).softmax(-1)


def evidence(y: Float[Tensor, "b *entries"], s: Scale, sigma: Scale) -> Float[Tensor, "b *entries"]:
    """Return s y / sigma^2: half the log-odds of +1 against -1 that each entry of a point stands for."""
    return per_problem(s / sigma.square(), y) * y


def one_hot_energy(
    logits: Float[Tensor, "b *cells values"], y: Float[Tensor, "b *cells values"], s: Scale, sigma: Scale
) -> tuple[Float[Tensor, "b *cells"], Float[Tensor, "b *cells values"]]:
    """Return each cell's energy, and ln p(value | y) of its values: cells that are +1 at one value, -1 at others.

    |y|^2 / (2 sigma) - sigma [ log sum_d q_d exp(2 s y_d / sigma^2) - sum_d s y_d / sigma^2 ], q = softmax `logits`.
    """
    own = evidence(y, s, sigma)
    joint = logits.log_softmax(-1) + 2 * own
    likelihood = joint.logsumexp(-1) - own.sum(-1)
    wide = per_problem(sigma, likelihood)
    return y.square().sum(-1) / (2 * wide) - wide * likelihood, joint.log_softmax(-1)


def signs_energy(
    logits: Float[Tensor, "b *entries"], y: Float[Tensor, "b *entries"], s: Scale, sigma: Scale
) -> tuple[Float[Tensor, "b *entries"], Float[Tensor, "b *entries"]]:
    """Return each entry's energy and the log-odds of +1 given the point: entries of +-1, `logits` the prior log-odds.

    y^2 / (2 sigma) - sigma log [ q exp(s y / sigma^2) + (1 - q) exp(-s y / sigma^2) ], q = sigmoid(`logits`).
    """
    own = evidence(y, s, sigma)
    log_odds = logits + 2 * own
    plus = torch.nn.functional.logsigmoid(logits) + own
    # logaddexp says the same, but its second derivative is nan where a sharp landscape makes log-odds of thousands.
    likelihood = plus + torch.nn.functional.softplus(-log_odds)
    wide = per_problem(sigma, y)
    return y.square() / (2 * wide) - wide * likelihood, log_odds


def reals_energy(
    mean: Float[Tensor, "b *entries"],
    y: Float[Tensor, "b *entries"],
    s: Scale,
    sigma: Scale,
    spread: Float[Tensor, "b *entries"] | None = None,
) -> Float[Tensor, "b *entries"]:
    """Return each entry's energy: real entries believed to be N(`mean`, `spread`^2), exactly `mean` by default.

    sigma (y - s mean)^2 / (2 (sigma^2 + s^2 spread^2)) + sigma log(1 + s^2 spread^2 / sigma^2) / 2.
    """
    signal, noise = per_problem(s, y), per_problem(sigma, y)
    off = (y - signal * mean).square()
    if spread is None:
        return off / (2 * noise)
    believed = (signal * spread).square()
    return noise * off / (2 * (noise.square() + believed)) + noise * torch.log1p(believed / noise.square()) / 2


def levels_energy(
    logits: Float[Tensor, "b *entries levels"],
    y: Float[Tensor, "b *entries"],
    levels: Float[Tensor, "b levels"],
    s: Scale,
    sigma: Scale,
) -> tuple[Float[Tensor, "b *entries"], Float[Tensor, "b *entries levels"]]:
    """Return each entry's energy, and ln p(level | y) of its levels: real entries, each one of its problem's `levels`.

    y^2 / (2 sigma) - sigma log sum_v q_v exp(s v y / sigma^2 - s^2 v^2 / (2 sigma^2)), q = softmax `logits`.
    """
    v = levels.reshape(len(levels), *[1] * (y.dim() - 1), -1)
    ratio = per_problem(s / sigma, v)
    joint = logits.log_softmax(-1) + evidence(y, s, sigma)[..., None] * v - (ratio * v).square() / 2
    wide, likelihood = per_problem(sigma, y), joint.logsumexp(-1)
    return y.square() / (2 * wide) - wide * likelihood, joint - likelihood[..., None]


def levels_surprise(
    log_posterior: Float[Tensor, "b *entries levels"],
    right: Float[Tensor, "b *entries"],
    levels: Float[Tensor, "b levels"],
) -> Float[Tensor, "b *entries"]:
    """Return -ln p(right level) of each entry, the one nearest to the right answer's, in nats."""
    v = levels.reshape(len(levels), *[1] * (right.dim() - 1), -1)
    nearest = (right[..., None] - v).abs().argmin(-1, keepdim=True)
    return -log_posterior.gather(-1, nearest)[..., 0]


def one_hot_surprise(
    log_posterior: Float[Tensor, "b *cells values"], right: Float[Tensor, "b *cells values"]
) -> Float[Tensor, "b *cells"]:
    """Return -ln p(right value) of each one-hot cell, in nats."""
    return -(log_posterior * (right > 0)).sum(-1)


def signs_surprise(
    log_odds: Float[Tensor, "b *entries"], right: Float[Tensor, "b *entries"]
) -> Float[Tensor, "b *entries"]:
    """Return -ln p(right sign) of each entry of +-1, in nats."""
    return torch.nn.functional.softplus(-right * log_odds)
