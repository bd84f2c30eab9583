"""Numbers as people read them: to three digits, and shares as per cent."""


def number(value: float | None) -> str:
    """Return a number to three significant digits, or as a whole one of four; a dash where there is none."""
    if value is None:
        return "—"
    if 999.5 <= abs(value) < 9999.5:
        return f"{value:.0f}"
    return f"{value:.3g}" if 1e-3 <= abs(value) < 1e4 or value == 0 else f"{value:.2e}"


def hundredths(value: float) -> str:
    """Return a share times 100 to one decimal, to two where one would make it 0 or 100; whole where it is either."""
    if value in (0, 1):
        return f"{100 * value:.0f}"
    return f"{100 * value:.1f}" if 0.001 <= abs(value) <= 0.999 else f"{100 * value:.2f}"


def percent(value: float | None) -> str:
    """Return a share as per cent; a dash where there is none."""
    return "—" if value is None else f"{hundredths(value)} %"
