"""A pipeline as the doctor calls it: what it is asked leaves no trace, and its draws and exits are its own."""

from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

from torch import Tensor

from ravine.batch import Batch, per_problem
from ravine.doctor.bench import SEED
from ravine.doctor.blame import place
from ravine.doctor.copies import UNCOPIED, copied
from ravine.doctor.pipeline import NotOffered, Pipeline
from ravine.doctor.randomness import random_state, restore, seeded
from ravine.doctor.shown import Mining, Terms
from ravine.errors import AdapterError

ASKED = {"problems", "proposals", "mine", "loss", "descend", "solve"}
"""Questions, in whatever order, of which none may change what another one's answer is."""
SEEDED = {"problems", "proposals", "mine"}
"""Those whose last argument is a seed."""


class Guarded:
    """Hands calls on to a pipeline.

    Questions are put to a copy that shares the weights alone, from a state of the global generators that hangs on the
    question's seed; steps draw from a state of the pipeline's own, which copies begin with. Negatives that live in
    landscapes are brought to answer space. An exit is an `AdapterError` that names its place.
    """

    def __init__(self, inner: Pipeline, state: Any = None) -> None:
        self.inner, self.state = inner, state

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.inner, name)
        if not callable(value) or name in {"energy", "gradient"}:
            return value

        def call(*args: Any, **named: Any) -> Any:
            return self._called(name, args, named)

        return call

    def _called(self, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        outer, asked = random_state(), name in ASKED
        flags = frozen(self.inner) if asked and self.inner.leaves_traces else {}
        if asked or self.state is None:
            seeded(args[-1] if name in SEEDED and args else SEED)
        else:
            restore(self.state)
        try:
            made = self._answer(shadow(self.inner) if asked else self.inner, name, args, named)
        except SystemExit as error:
            raise AdapterError(f"the pipeline calls exit({error.code!r}) in {name}() ({place(error)})") from error
        finally:
            if not asked:
                self.state = random_state()
            restore(outer)
            for parameter, (wanted, grad) in flags.items():
                parameter.requires_grad_(wanted).grad = grad
        return Guarded(made, self.state) if isinstance(made, Pipeline) else made

    def _answer(self, target: Pipeline, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        args = tuple(unshared(given) for given in args)
        ask, at = getattr(target, name), {"proposals": 2, "mine": 2, "loss": 1}
        if target.space == "answers" or name not in at:
            return ask(*args, **named)
        k, tables, given = args[at[name]], target.landscapes(), list(args)
        right = args[at[name] - 1].y
        signal, sigma = (per_problem(table[k], right)[:, None] for table in (tables.signal, tables.sigma))
        if name != "proposals" and (where := {"mine": 3, "loss": 4}[name]) and given[where] is not None:
            given[where] = given[where] * signal
        made = ask(*given, **named)
        match made:
            case Tensor():
                return made / signal
            case Mining():
                among = None if made.candidates is None else made.candidates / signal
                return replace(made, negatives=made.negatives / signal, candidates=among)
            case Terms() if made.negatives is not None:
                return replace(made, negatives=(made.negatives - sigma * args[2][:, None]) / signal)
        return made


def unshared(given: Any) -> Any:
    """Return a batch or landscapes that may be changed in place."""
    if isinstance(given, Batch):
        return replace(given, x=given.x.clone(), y=given.y.clone())
    return given.clone() if isinstance(given, Tensor) else given


def guarded(pipeline: Pipeline) -> Pipeline:
    """Return a pipeline under guard."""
    return pipeline if isinstance(pipeline, Guarded) else cast(Pipeline, Guarded(pipeline))


def untouched(pipeline: Pipeline) -> Pipeline:
    """Return a copy under guard; the pipeline itself where it leaves no traces, or cannot be copied.

    Weights have seen the steps that the pipeline's clock shows, if it says nothing else.
    """
    made = pipeline
    with suppress(*UNCOPIED):
        made = copied(pipeline) if pipeline.leaves_traces else pipeline
    with suppress(NotOffered):
        made.trained_steps = made.trained_steps or made.clock()
    return guarded(made)


def unguarded(pipeline: Pipeline) -> Pipeline:
    """Return the pipeline itself, for a check that looks at what its questions leave behind."""
    return pipeline.inner if isinstance(pipeline, Guarded) else pipeline


def frozen(pipeline: Pipeline) -> dict[Tensor, tuple[bool, Tensor | None]]:
    """Return whether each of the weights is trained, and its gradient."""
    with suppress(NotOffered):
        return {p: (p.requires_grad, p.grad) for p in pipeline.model().parameters()}
    return {}


def shadow(pipeline: Pipeline) -> Pipeline:
    """Return a copy with the same weights, not equal ones; the pipeline itself where it cannot be copied."""
    if not pipeline.leaves_traces:
        return pipeline
    with suppress(*UNCOPIED, NotOffered):
        return copied(pipeline, {id(p): p for p in pipeline.model().parameters()})
    return pipeline
