"""The checks, each under its code."""

from collections.abc import Callable
from dataclasses import dataclass

from ravine.doctor.bench import Bench
from ravine.doctor.finding import Outcome

PHASES = {
    1: "connectivity",
    2: "curriculum",
    3: "loss and negatives",
    4: "hard-negative selection",
    5: "gradients, dynamics, architecture",
}


@dataclass(frozen=True)
class Check:
    """A question to a pipeline: `title` says what holds when it passes, `advice` what to do when it does not.

    `cheap`: asked before every training; `rests_on`: checks whose failure makes this one's answer meaningless;
    `explains`: the error that a training stops with where this one fails; `connects`: asked at initial weights, if they
    can be had, since it asks how parts are connected, and an energy that has solved its task has no gradients left by
    which that could be seen.
    """

    code: str
    title: str
    advice: str
    ask: Callable[[Bench], Outcome]
    cheap: bool
    rests_on: tuple[str, ...]
    explains: type[Exception] | None
    connects: bool

    @property
    def phase(self) -> int:
        """The phase that the code's first digit names."""
        return int(self.code[1])


CHECKS: dict[str, Check] = {}
"""Every check by its code; filled as `ravine.doctor.checks` is imported."""


def check(
    code: str,
    title: str,
    advice: str,
    cheap: bool = False,
    rests_on: tuple[str, ...] = (),
    explains: type[Exception] | None = None,
    connects: bool | None = None,
) -> Callable[[Callable[[Bench], Outcome]], Callable[[Bench], Outcome]]:
    """Enter a function into the table of checks; those of phases 1 and 2 connect."""

    def enter(ask: Callable[[Bench], Outcome]) -> Callable[[Bench], Outcome]:
        if code in CHECKS:
            raise ValueError(f"two checks called {code}")
        here = code[1] in "12" if connects is None else connects
        CHECKS[code] = Check(code, title, advice, ask, cheap, rests_on, explains, here)
        return ask

    return enter
