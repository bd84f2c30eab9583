"""A page stays small: what does not fit is left out by name, the least telling first."""

from collections.abc import Sequence
from dataclasses import replace

from ravine.report.panel import Section
from ravine.report.part import Part

LIMIT = 2_700_000
"""Bytes of figures and data; the page's words and tables take the rest of 3 MB."""
ORDER = ("forming", "ablation", "landscapes", "budgets", "compute", "training", "seeds", "forest")
"""Sections by how little is lost with their figures."""


def fitted(parts: Sequence[Part]) -> list[Part]:
    """Return the parts with as many figures as fit on one page; a section says how many it lacks."""
    kept = list(parts)
    for key in ORDER:
        for index in reversed(range(len(kept))):
            while sum(map(weight, kept)) > LIMIT and (shorter := without_last(kept[index], key)) is not None:
                kept[index] = shorter
    return [with_words(part, before) for part, before in zip(kept, parts, strict=True)]


def weight(part: Part) -> int:
    """Return the bytes that a part's figures and data take on the page."""
    panels = sum(len(part.svg[panel.key]) + len(panel.data.uri) + len(panel.frames) for panel in part.panels)
    tables = [table.data for section in part.sections for table in section.tables if table.data is not None]
    # The data of a table are on the page twice: to be read, with tags round every cell, and to be taken away.
    return panels + sum(len(data.uri) * 3 for data in tables)


def without_last(part: Part, key: str) -> Part | None:
    """Return a part without the last figure of a section; None if there is none to leave out."""
    section = next((section for section in part.sections if section.key == key and section.panels), None)
    if section is None:
        return None
    shorter = replace(section, panels=section.panels[:-1])
    return replace(part, sections=[shorter if entry is section else entry for entry in part.sections])


def with_words(part: Part, before: Part) -> Part:
    """Return a part whose sections say which figures they lack."""
    told = [lacking(section, whole, part) for section, whole in zip(part.sections, before.sections, strict=True)]
    return replace(part, sections=told)


def lacking(section: Section, whole: Section, part: Part) -> Section:
    """Return a section that says what was left out for the page's size, if anything was."""
    missing = len(whole.panels) - len(section.panels)
    if not missing:
        return section
    words = (
        f"{missing} figures were left out to keep this page small; a report on {part.subject.path} alone may hold them."
    )
    return replace(section, words=[*section.words, words])
