"""Every configured field traced from file to use: change it, and something measurable changes."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from torch import Tensor

from ravine.doctor.bench import SEED, Bench
from ravine.doctor.finding import Outcome, judged
from ravine.doctor.oracle import apart
from ravine.doctor.pipeline import NO_GRADIENT, Pipeline, need
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit
from ravine.mining.curriculum import MiningSettings

STEPS = 2  # the first step of an optimiser with moments does not show how fast they are forgotten
UNSEEN = "all answers of the solver or the arm lie at the bound, or are the same for every draw"
MINED = "negatives of "
AVERAGED_WITHIN = 50  # steps within which an average is expected to move


def weights(pipeline: Pipeline, bench: Bench) -> Tensor:
    """Return how far two training steps move the weights."""
    before = flat(pipeline)
    for _ in range(STEPS):
        pipeline.step()
    return flat(pipeline) - before


def weights_late(pipeline: Pipeline, bench: Bench) -> Tensor:
    """Return how far two training steps in the middle of training move the weights."""
    pipeline.jump(pipeline.plan().steps // 2)
    return weights(pipeline, bench)


def memory(pipeline: Pipeline, bench: Bench) -> Tensor:
    """Return how far two drawn gradients move the weights: those of training may be equal, clipped to one norm."""
    optimizer, before = pipeline.optimizer(), flat(pipeline)
    for step in range(STEPS):
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                parameter.grad = bench.normal(parameter.shape, f"gradient {step}").to(parameter)
        optimizer.step()
    return flat(pipeline) - before


def clipped(pipeline: Pipeline, bench: Bench) -> Tensor:
    """Return the gradient that the optimiser is given in a step."""
    return need(pipeline.step().gradient, NO_GRADIENT)


def gradient(pipeline: Pipeline, bench: Bench) -> Tensor:
    """Return the gradients of three steps before clipping: each may draw how the energy is computed."""
    return torch.cat([need(pipeline.step().whole_gradient, NO_GRADIENT) for _ in range(3)])


def solution(pipeline: Pipeline, bench: Bench, seed: int = SEED) -> Tensor:
    """Return the solver's answers."""
    problems = bench.batch.problems().rows(slice(8))
    return pipeline.solve(problems, bench.normal((1, *problems.y.shape), f"starts {seed}")).answer


def landscapes(pipeline: Pipeline, bench: Bench) -> Tensor:
    """Return the noise level of every landscape."""
    return pipeline.landscapes().sigma.detach().cpu()


def loss(pipeline: Pipeline, bench: Bench) -> Tensor:
    """Return the contrastive term on the bench's problems, at a temperature of the energies' own size."""
    size = float(bench.energy(bench.y_k).abs().max())
    settings = MiningSettings(bench.settings().mixture, max(size, 1e-6), 1.0)
    return bench.loss(bench.contrasting[0], settings, pipeline).contrast.detach()


def average(pipeline: Pipeline, bench: Bench) -> Tensor:
    """Return how the averaged weights move once in the middle of training."""
    pipeline.jump(pipeline.plan().steps // 2)
    before = pipeline.averaged()
    for _ in range(AVERAGED_WITHIN):
        pipeline.step()
        if not torch.equal(after := pipeline.averaged(), before):
            break
    return after - before


def negatives(pipeline: Pipeline, bench: Bench, arm: str, seed: int = SEED) -> Tensor:
    """Return an arm's negatives on the bench's problems, from fresh proposals."""
    return pipeline.mine(arm, bench.batch, bench.k, None, seed).negatives


def flat(pipeline: Pipeline) -> Tensor:
    """Return all weights as one vector."""
    return torch.cat([p.detach().flatten().double() for p in pipeline.model().parameters()])


MEASURES: Mapping[str, Callable[[Pipeline, Bench], Tensor]] = MappingProxyType(
    {
        "weights": weights,
        "weights late": weights_late,
        "memory": memory,
        "clipped gradient": clipped,
        "gradient": gradient,
        "average late": average,
        "solution": solution,
        "landscapes": landscapes,
        "loss": loss,
    }
)
"""What a field must change, by name; the `MINED` arms besides. Without changes, why it is not asked."""


@check(
    "D105",
    "every configured field has an effect",
    "follow the named fields from the configuration to their use; a function on the way drops them",
    rests_on=("D101", "D109", "D301", "D503"),
)
def traced(bench: Bench) -> Outcome:
    """Change each field by itself and measure what it is there for."""
    held: dict[str, Tensor] = {}
    without = []
    listed = bench.pipeline.fields()
    skipped = {name: effect for name, (changes, effect) in listed.items() if not changes}
    if bench.batch.y[0].numel() == 1:  # whichever way it is mined, a wrong answer of one entry is the same
        skipped |= {name: effect for name, (_, effect) in listed.items() if effect.startswith(MINED)}
    for name, (changes, effect) in listed.items():
        if name in skipped:
            continue
        if effect not in held:
            held[effect] = measured(effect, bench.pipeline.fresh(), bench)
        if not apart(measured(effect, bench.pipeline.fresh(**changes), bench), held[effect]) > limit("effect"):
            hidden = unseen(effect, bench, held[effect])
            skipped |= {name: UNSEEN} if hidden else {}
            without += [] if hidden else [name]
    says = "fields without effect: " + ", ".join(without)
    return judged(not without, says, fields=len(listed), without_effect=len(without), skipped=skipped)


def unseen(effect: str, bench: Bench, held: Tensor) -> bool:
    """Return whether answers say nothing of how they were found: initial weights of a steep energy drive all of them to
    the bound, and an energy whose minimum the first step meets, wherever it starts, leaves the others nothing to do.
    """
    if effect == "solution":
        edge = bench.pipeline.solve_bound() * (1 - limit("bound slack"))
        again = solution(bench.pipeline, bench, SEED + 1)
        return bool((held.abs() >= edge).all()) or apart(again, held) <= limit("effect")
    arm = effect.removeprefix(MINED)
    return arm != effect and apart(negatives(bench.pipeline, bench, arm, SEED + 1), held) <= limit("effect")


def measured(effect: str, pipeline: Pipeline, bench: Bench) -> Tensor:
    """Return the measure that an effect names."""
    if effect.startswith(MINED):
        return negatives(pipeline, bench, effect.removeprefix(MINED))
    return MEASURES[effect](pipeline, bench)
