"""Numbers as people read them."""


def brief(value: float) -> str:
    """Return a ratio or an error to two digits, to three near 1, where a few per cent are what matters."""
    digits = 3 if 0.5 <= abs(value) <= 2 else 2
    text = f"{value:.{digits}g}"
    if 100 <= abs(value) < 99_500:
        return f"{float(text):.0f}"
    return text.replace("e+0", "e").replace("e+", "e").replace("e-0", "e-")
