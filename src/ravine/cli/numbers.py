"""Lists of numbers as a user writes them: with commas."""

from ravine.errors import InputError


def counts(text: str | None, option: str, least: int = 1) -> list[int] | None:
    """Return whole numbers of at least `least`, each once and in order; an `InputError` names any other word."""
    if text is None:
        return None
    words = [word.strip() for word in text.split(",")]
    for word in words:
        if not word.isascii() or not word.isdigit() or int(word) < least:
            raise InputError(
                f"{option}: {word!r} is not a whole number of at least {least}; write as in {option} 1,4,16"
            )
    return sorted({int(word) for word in words})


def fractions(text: str, option: str) -> list[float]:
    """Return numbers strictly between 0 and 1, each once and in order; an `InputError` names any other word."""
    found = set()
    for word in text.split(","):
        try:
            value = float(word)
        except ValueError:
            value = 0.0
        if not 0 < value < 1:
            raise InputError(
                f"{option}: {word.strip()!r} is not a number between 0 and 1; write as in {option} 0.02,0.05"
            )
        found.add(value)
    return sorted(found)
