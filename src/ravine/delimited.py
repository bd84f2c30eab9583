"""Rows of numbers in a text: what separates them, which mark is the decimal one, and whether a header comes first.

Semicolons separate where there are any, else tabs, else spaces that stand without a comma, else commas. Commas inside
quotes, or between other separators, are decimal. Whatever is left in doubt is refused.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

NUMBER = re.compile(r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|nan|inf(?:inity)?)", re.IGNORECASE | re.ASCII)
NAMES = {";": "semicolons", "\t": "tabs", ",": "commas", " ": "spaces"}
ENCODINGS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
"""By the mark that a file may begin with."""


LOOK = 2**16
"""Of so many lines the separator is read off; what comes after them is taken with it, or refused."""


def encoding(start: bytes) -> str:
    """Return the encoding of a file that begins so: UTF-8 unless a byte-order mark says otherwise."""
    return next((name for mark, name in ENCODINGS.items() if start.startswith(mark)), "utf-8")


def pieces(lines: Iterable[str], size: Callable[[int], int]) -> Iterator[NDArray[np.float64]]:
    """Yield the numbers of lines as (rows, columns), `size(columns)` rows at a time, the last ones perhaps fewer.

    Empty lines and what follows a `#` are skipped. A `ValueError` names the line, the column and the separator.
    """
    filled = ((place, bare) for place, line in enumerate(lines, 1) if (bare := line.split("#")[0].rstrip("\n")).strip())
    head = dict(islice(filled, LOOK))
    if not head:
        raise ValueError("it is empty")
    first = next(iter(head))
    if not any(map(NUMBER.fullmatch, re.split(r'[\s;,"]+', head[first]))):
        del head[first]
    if not head:
        raise ValueError(f"line {first} is a header, and no number follows")
    mark = separator(list(head.values()))
    top = {(first := next(iter(head))): fields(head[first], mark)}
    every, decimals = chain(head.items(), filled), dict[str, int]()
    del head
    while rows := {place: fields(line, mark) for place, line in islice(every, size(len(top[first])))}:
        check_lengths(top | rows, mark)
        check_decimals(rows, decimals)
        yield np.array(
            [[value(field, place, at, mark) for at, field in enumerate(row, 1)] for place, row in rows.items()]
        )
        del rows  # before the next ones are read


def separator(lines: Sequence[str]) -> str:
    """Return the mark between the numbers of all lines."""
    unquoted = [re.sub(r'"[^"]*"', "0", line).strip(" ") for line in lines]
    for mark in (";", "\t"):
        if any(mark in line for line in unquoted):
            return mark
    if any(" " in re.sub(r" *, *", ",", line) for line in unquoted):
        return " "
    return "," if any("," in line for line in unquoted) else " "


def fields(line: str, mark: str) -> list[str]:
    """Return a line's fields without quotes and surrounding spaces; a separator at the line's end begins no field."""
    bare = " ".join(line.split()) if mark == " " else line.strip(" ")
    row = next(csv.reader([bare.removesuffix(mark)], delimiter=mark, skipinitialspace=True))
    return [field.strip() for field in row]


def pointed(field: str) -> str:
    """Return a field with its decimal comma, if it has one, as a point."""
    return re.sub(r",(?=\d)", ".", field)


def check_lengths(rows: dict[int, list[str]], mark: str) -> None:
    """Raise a `ValueError` for the first row that is longer or shorter than the first one."""
    top = next(iter(rows))
    for place, row in rows.items():
        if len(row) != len(rows[top]):
            lengths = f"line {place} has {len(row)}, line {top} has {len(rows[top])}"
            raise ValueError(f"rows of unequal length: {lengths}, taking {NAMES[mark]} for separators")


def check_decimals(rows: dict[int, list[str]], first: dict[str, int]) -> None:
    """Raise a `ValueError` where decimal commas and points meet: one of them would separate thousands.

    `first`: the first line of each in earlier rows, to which these are added.
    """
    for place, row in rows.items():
        for mark in (",", "."):
            if any(mark in field for field in row):
                first.setdefault(mark, place)
    if len(first) == 2:
        places = f"line {first[',']} has a comma inside a number, line {first['.']} a point"
        raise ValueError(f"{places}; write one decimal mark, and no mark for thousands")


def value(field: str, line: int, column: int, mark: str) -> float:
    """Return the number that a field holds; a `ValueError` says where it is none."""
    text = pointed(field)
    if not NUMBER.fullmatch(text):
        raise ValueError(
            f"line {line}, column {column}: {field!r} is not a number, taking {NAMES[mark]} for separators"
        )
    return float(text)
