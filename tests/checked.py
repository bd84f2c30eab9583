"""The type checker of the tests: beartype, each value once."""

from collections.abc import Callable
from typing import Any

from beartype import beartype


def checked(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function that checks what jaxtyping hands over; where that is a result, the result alone.

    jaxtyping makes a function of the parameters, then one of the parameters and the result. The second would check
    the parameters again, a third of a small run's time; their shapes are known to it from the first.
    """
    types = function.__annotations__
    if types.get("return", Any) is not Any:
        function.__annotations__ = {"return": types["return"]}
    made: Callable[..., Any] = beartype(function)
    return made
