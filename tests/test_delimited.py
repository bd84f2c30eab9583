"""Numbers in text files as spreadsheets, languages and people write them."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ravine import arrays
from ravine.delimited import pieces


def numbers(text: str, size: int = 100) -> NDArray[np.float64]:
    """Return a text's numbers, read `size` rows at a time."""
    return np.concatenate(list(pieces(text.splitlines(keepends=True), lambda columns: size)))


HALVES = [[1.5, -2.0], [3e-4, 4.0]]

TEXTS = {
    "commas": "1.5,-2\n3e-4,4\n",
    "commas and spaces": " 1.5 , -2\n3E-4, 4",
    "semicolons": "1.5;-2\n3e-4;4\n",
    "tabs": "1.5\t-2\n3e-4\t4\n",
    "spaces": "  1.5   -2.\n 3e-4    4\n",
    "decimal commas and semicolons": "1,5;-2\n3e-4;4,0\n",
    "decimal commas and tabs": "1,5\t-2\n3e-4\t4\n",
    "decimal commas and spaces": "1,5 -2\n3e-4 4\n",
    "quoted decimal commas": '"1,5","-2"\n"3e-4","4"\n',
    "quotes": '"1.5","-2"\n"3e-4","4"\n',
    "header": "first, the second\n1.5,-2\n3e-4,4\n",
    "header with a space and no comma": "x y\n1.5 -2\n3e-4 4\n",
    "quoted header": '"a.1";"b.2"\n1,5;-2\n3e-4;4\n',
    "carriage returns": "1.5,-2\r\n3e-4,4\r\n",
    "empty lines and comments": "# made by hand\n\n1.5,-2 # first\n\n3e-4,4\n\n",
    "separators at the lines' ends": "1.5;-2;\n3e-4;4;\n",
}


@pytest.mark.parametrize("kind", TEXTS)
def test_what_is_unambiguous_is_read(kind: str) -> None:
    np.testing.assert_array_equal(numbers(TEXTS[kind]), HALVES)
    np.testing.assert_array_equal(numbers(TEXTS[kind], size=1), HALVES)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_encoding_is_that_of_the_byte_order_mark(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "numbers.csv").write_bytes("1,2\n3,4\n".encode(encoding))
    np.testing.assert_array_equal(arrays.read(tmp_path / "numbers.csv"), [[1, 2], [3, 4]])


FAULTS = {
    "words": ("1,2\nc,4\n", ("line 2, column 1", "'c'", "commas")),
    "two headers": ("a,b\nc,d\n1,2\n", ("line 2, column 1", "'c'")),
    "names of rows": ("r1;1;2\nr2;3;4\n", ("line 1, column 1", "'r1'", "semicolons")),
    "a gap": ("1\t\t3\n4\t5\t6\n", ("line 1, column 2", "tabs")),
    "underscores": ("1_000,2\n3,4\n", ("'1_000'",)),
    "brackets": ("[1 2]\n[3 4]\n", ("line 2, column 1", "'[3'", "spaces")),
    "a short line": ("1,2\n3\n", ("line 2 has 1", "line 1 has 2", "commas")),
    "ragged": ("1 2\n3\n", ("line 2 has 1", "line 1 has 2", "spaces")),
    "both decimal marks": ("1,5;2\n3.5;4\n", ("line 1 has a comma", "line 2 a point")),
    "thousands": ("1,000.5;2\n3;4\n", ("line 1 has a comma", "line 1 a point")),
    "header alone": ("a,b\n", ("line 1", "header")),
    "comments alone": ("# nothing\n\n", ("empty",)),
    "nothing": ("", ("empty",)),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_what_is_not_is_refused_with_its_place_and_the_separator(kind: str) -> None:
    text, expected = FAULTS[kind]
    for size in (1, 100):
        with pytest.raises(ValueError, match=expected[0]) as error:
            numbers(text, size)
        for words in expected:
            assert words in str(error.value)


def test_numbers_that_are_not_finite_are_numbers() -> None:
    np.testing.assert_array_equal(numbers("nan,-inf\n1,2\n"), [[np.nan, -np.inf], [1, 2]])
