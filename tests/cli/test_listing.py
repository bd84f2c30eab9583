"""`ravine list`."""

import ast
import json
import re
import subprocess
import sys
from importlib.metadata import EntryPoints, entry_points
from pathlib import Path

import pytest
from tests.cli.said import Ravine

from ravine import listing
from ravine.config.schema import TASKS
from ravine.evaluation.score import measured
from ravine.listing import Sources, choices
from ravine.statistics import scale_of
from ravine.tasks.fixed import fixed_split


def test_everything_that_can_be_named_is_listed(ravine: Ravine) -> None:
    done = ravine("list")
    assert done.returncode == 0
    for name in ("inverse", "addition", "completion", "custom", "mlp", "none", "random", "adversarial", "pilot"):
        assert name in done.stdout
    for name in ("inverse-paper", "inverse-quick", "inverse-mining"):
        assert name in done.stdout


def test_json_is_one_document(ravine: Ravine) -> None:
    content = json.loads(ravine("list", "--json").stdout)
    assert {"inverse", "addition", "completion", "custom"} <= set(content["tasks"])
    assert {"none", "random", "adversarial"} <= set(content["arms"])
    assert set(content) >= {"tasks", "energies", "arms"}
    assert json.loads(ravine("list", "--json", "--quiet").stdout) == content


def test_quiet_says_nothing(ravine: Ravine) -> None:
    assert ravine("list", "--quiet").stdout == ""


def test_released_names_are_listed_with_what_they_stand_for(ravine: Ravine) -> None:
    content = json.loads(ravine("list", "--json").stdout)
    assert content["released names of tasks"]["lowrank"] == "completion"
    assert content["released names of energies"]["sudoku-latent"] == "board, channels = 128"


def test_listing_loads_none_of_the_libraries_that_take_seconds() -> None:
    code = (
        "import sys, ravine.listing as l; l.everything(); print(*{'torch', 'numpy', 'pydantic'} & sys.modules.keys())"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""


def test_a_list_reads_the_files_of_the_installed_packages_once(monkeypatch: pytest.MonkeyPatch) -> None:
    once = iter([entry_points()])
    monkeypatch.setattr(listing, "entry_points", lambda: next(once))
    listing.everything()
    assert not list(once)


def test_a_list_parses_no_function_and_misses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    quick, source = listing.everything(), Path(listing.__file__).read_text()
    assert "def " in source
    assert not [node for node in ast.walk(ast.parse(listing.FUNCTION.sub("", source))) if hasattr(node, "returns")]
    monkeypatch.setattr(listing, "FUNCTION", re.compile(r"(?!)"))
    assert listing.everything() == quick


def test_every_name_of_the_registry_is_listed() -> None:
    assert set(choices("tasks", NONE)) - {"custom"} == set(TASKS.shipped)


@pytest.mark.parametrize("name", TASKS.shipped)
def test_a_tasks_line_is_true(name: str) -> None:
    """Metrics and splits are the built task's, and no trivial rule does better than the one that is named."""
    config = TASKS.shipped[name].model_validate({"name": name, **SMALLER.get(name, {})})
    rule = config.best_rule if isinstance(config.best_rule, str) else config.best_rule[name]
    line = choices("tasks", NONE)[name]
    assert line.endswith(
        f" Metrics: {', '.join(config.metrics)}; splits: {', '.join(config.splits)}; best trivial rule: {rule}."
    )
    task = config.build()
    assert tuple(metric.name for metric in task.own_metrics()) == config.metrics
    assert task.splits == config.splits
    (first, *_), split, rules = task.own_metrics(), task.splits[0], task.baselines()
    batch = fixed_split(task, split, PROBLEMS.get(name, 200)).batch
    fitted = 10_000 if "least squares" in rules else 300
    costs = {}
    for key, each in rules.items():
        if each.trivial:
            predict = each.fit(task.fixed(split, "fit", fitted))
            costs[key] = first.cost(measured((first,), batch, predict(batch.problems()))[first.name].mean)
    worse = costs[rule] - min(costs.values())
    if first.scale == "ratio" and worse:
        worse /= min(costs.values())
    assert worse < scale_of(first.scale).default_margin, costs


NONE = EntryPoints()
"""Of no installed package."""
SMALLER: dict[str, dict[str, int]] = {"sudoku-visual": {"n": 4}}
PROBLEMS = {"sudoku-visual": 30}
"""Sizes and problems of tasks whose rules take long at their own."""


PARENT = """
Word = Literal["one", "two"]


class Base:
    metrics = ("m",)
    splits: ClassVar[X] = ("s", "t")
"""
CHILD = """
from folder.a import Word


class Both(Base):
    '''This -> that.'''

    best_rule = {"one": "r1", "two": "r2"}
    name: Word = "one"
"""


OTHER = """
Word = Literal["three"]


class Base:
    '''Of one name with another module's.'''

    name: Word = "three"
"""


def test_lines_follow_parents_and_names_of_literals(tmp_path: Path) -> None:
    for name, content in (("a.py", PARENT), ("b.py", CHILD), ("c.py", OTHER)):
        (tmp_path / name).write_text(content)
    assert dict(Sources.of(tmp_path).named()) == {
        "three": "Of one name with another module's.",
        "one": "This -> that. Metrics: m; splits: s, t; best trivial rule: r1.",
        "two": "This -> that. Metrics: m; splits: s, t; best trivial rule: r2.",
    }
