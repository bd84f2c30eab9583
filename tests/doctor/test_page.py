"""The page, the trace and the table in the documentation."""

import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ravine.doctor.bench import Bench
from ravine.doctor.checks import CHECKS
from ravine.doctor.examine import examine
from ravine.doctor.figures import drawn
from ravine.doctor.own import Own
from ravine.doctor.page import page, write_page
from ravine.doctor.trace import traced

DOCS = Path(__file__).parents[2] / "docs" / "doctor.md"


def test_the_page_stands_alone(own: Callable[..., Own], tmp_path: Path) -> None:
    pipeline = own()
    found = examine(pipeline, phases=[2])
    write_page(tmp_path / "new" / "page.html", pipeline, found)
    text = (tmp_path / "new" / "page.html").read_text()
    assert not re.search(r"(src|href)=\"(?!#)", text)
    assert "prefers-color-scheme: dark" in text
    assert text.count("<svg") == 2
    for finding in found.findings:
        assert finding.code in text
    assert "landscape k, 0 is the sharpest" in text  # text of the figure, not its outline


def test_figures_are_xml_in_the_page_s_colour(own: Callable[..., Own]) -> None:
    for svg in drawn(Bench(own())).values():
        ElementTree.fromstring(svg)
        assert "var(--ink)" in svg


def test_what_a_pipeline_is_called_is_escaped(own: Callable[..., Own]) -> None:
    pipeline = own()
    pipeline.name = "<script>"
    assert "<script>" not in page(examine(pipeline, codes=["D503"]), {})


def test_a_trace_adds_up(own: Callable[..., Own]) -> None:
    steps = traced(own("matrix", "mining.weight=0.3"), 2)
    assert [step.step for step in steps] == [0, 1]
    for step in steps:
        losses = step.stages["losses"]
        assert losses["total"] == pytest.approx(losses["denoise"] + losses["weighted contrast"], rel=1e-4)
        energies = step.stages["energies adversarial"]
        assert energies["refined"] <= energies["proposed"]
        assert energies["chosen"] == pytest.approx(energies["refined"])
        assert len(step.lines()) == len(step.stages) + 1


def rows_of_docs(title: str) -> list[list[str]]:
    """Return the cells of the table under a heading."""
    text = DOCS.read_text().split(f"## {title}\n")[1].split("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_checks_in_the_documentation_are_those_in_the_code() -> None:
    wanted = [[code, CHECKS[code].title, "yes" if CHECKS[code].cheap else ""] for code in sorted(CHECKS)]
    assert rows_of_docs("Checks") == wanted
