"""What must be quick: help, without torch."""

import re
import subprocess
import sys
import time

import pytest
from tests.cli.said import Ravine, one_line

COMMANDS = [
    [],
    ["train"],
    ["compare"],
    ["report"],
    ["evaluate"],
    ["power"],
    ["doctor"],
    ["solve"],
    ["export"],
    ["curriculum"],
    ["list"],
]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0] if words else "ravine")
def test_help_takes_less_than_half_a_second(words: list[str]) -> None:
    command = [sys.executable, "-m", "ravine", *words, "--help"]
    best = 9.0
    for _ in range(3):
        start = time.perf_counter()
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        best = min(best, time.perf_counter() - start)
        assert "--help" in done.stdout
        if best < 0.5:
            return
    pytest.fail(f"{best:.2f} s")


def test_neither_help_nor_list_imports_torch() -> None:
    code = f"""
import sys
from ravine.cli.main import main
for words in {[*COMMANDS]} + [["list", "--json"]]:
    sys.argv = ["ravine", *words] + ([] if "--json" in words else ["--help"])
    try:
        main()
    except SystemExit as error:
        assert not error.code, words
    heavy = {{"torch", "numpy", "scipy", "matplotlib", "rich", "jinja2"}}
    heavy |= set() if words else {{"pydantic", "tomllib", "importlib.resources", "importlib.metadata"}}
    assert not heavy & set(sys.modules), (words, heavy & set(sys.modules))
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_the_version(ravine: Ravine) -> None:
    done = ravine("--version")
    assert (done.returncode, done.stdout) == (0, "ravine 0.2.0\n")


@pytest.mark.parametrize(
    "words", [["trian"], ["train"], ["evaluate", "x", "--nonsense"], ["compare", "pilot", "--seeds", 0]]
)
def test_wrong_usage_is_one_line_that_says_where_to_look(ravine: Ravine, words: list[object]) -> None:
    assert re.search(r"; `ravine( \w+)? -h` lists what there is$", one_line(ravine(*words)))
