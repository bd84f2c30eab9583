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
    `explains`: the error that a training stops with where this one fails.
    """

    code: str
    title: str
    advice: str
    ask: Callable[[Bench], Outcome]
    cheap: bool
    rests_on: tuple[str, ...]
    explains: type[Exception] | None = None

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
) -> Callable[[Callable[[Bench], Outcome]], Callable[[Bench], Outcome]]:
    """Enter a function into the table of checks."""

    def enter(ask: Callable[[Bench], Outcome]) -> Callable[[Bench], Outcome]:
        if code in CHECKS:
            raise ValueError(f"two checks called {code}")
        CHECKS[code] = Check(code, title, advice, ask, cheap, rests_on, explains)
        return ask

    return enter
