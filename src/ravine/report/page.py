"""The report: one page that needs nothing else, and the same in Markdown with pictures."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import matplotlib as mpl
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from ravine.report.fitting import fitted
from ravine.report.look import ARMS, DARK_ARMS, styles
from ravine.report.panel import RC, Panel, Table
from ravine.report.part import Part, part_of, slug
from ravine.report.reading.directory import read
from ravine.report.sections.verdict import Verdict
from ravine.training.files import write_atomically
from ravine.version import VERSION

DPI = 110
NAME = "report.html"


@dataclass(frozen=True)
class Written:
    """The files of a report and its verdicts, one for each directory."""

    page: Path
    markdown: Path
    figures: tuple[Path, ...]
    verdicts: tuple[Verdict, ...]


def write(directories: Sequence[Path], out: Path | None = None) -> Written:
    """Write the report on studies and runs to `out`, by default `report.html` in the directory if there is one only.

    `report.md` and its pictures are written beside it. Raises `InputError` for a directory that is neither.
    """
    subjects = [read(path) for path in directories]
    page = out or (directories[0] / NAME if len(directories) == 1 else Path(NAME))
    page.parent.mkdir(parents=True, exist_ok=True)
    folder = page.parent / ("figures" if page.name == NAME else f"{page.stem}-figures")
    baseline = next((subject.baseline for subject in subjects if subject.baseline), None)  # in the neutral colour
    looks = styles([arm for entry in subjects for arm in entry.arms], baseline)
    with mpl.rc_context(RC):
        parts = fitted([part_of(index, subject, looks) for index, subject in enumerate(subjects)])
        files = pictures(parts, folder)
    markdown = page.with_suffix(".md")
    write_atomically(page, rendered("page.html", parts).encode())
    links = {key: file.relative_to(page.parent).as_posix() for key, file in files.items()}
    write_atomically(markdown, rendered("page.md", parts, links=links).encode())
    return Written(page, markdown, tuple(files.values()), tuple(part.verdict for part in parts))


def pictures(parts: Sequence[Part], folder: Path) -> dict[str, Path]:
    """Save every figure as PNG and return the files by the figure's name on the page."""
    folder.mkdir(exist_ok=True)
    files = {}
    for part in parts:
        for panel in part.panels:
            prefix = "" if len(parts) == 1 else f"{part.anchor}-"
            file = folder / f"{prefix}{slug(panel.key)}.png"
            drawn = io.BytesIO()
            panel.figure.savefig(drawn, dpi=DPI, format="png", facecolor="white")
            write_atomically(file, drawn.getvalue())
            files[f"{part.anchor}-{panel.key}"] = file
    return files


@cache
def environment() -> Environment:
    """Return the templates' environment; everything from outside is escaped in HTML."""
    made = Environment(
        loader=PackageLoader("ravine.report"),
        autoescape=lambda name: bool(name and name.endswith(".html")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"slug": slug, "groups": groups, "cell": cell, "numeric": numeric, "prose": prose}
    made.globals |= {"version": VERSION, "raw": Markup, "light": ARMS, "dark": DARK_ARMS}
    return made


def rendered(template: str, parts: Sequence[Part], **more: Any) -> str:
    """Return a template filled with the parts of a report."""
    return environment().get_template(template).render(parts=parts, **more)


def groups(panels: Sequence[Panel]) -> list[tuple[str, bool, list[Panel]]]:
    """Return runs of neighbouring panels of one group and size, each with both."""
    keyed = groupby(panels, key=lambda panel: (panel.group, panel.small))
    return [(group, small, list(found)) for (group, small), found in keyed]


def prose(text: str) -> Markup:
    """Return a text for the page, with `code` set as such."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    marked = [Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts)]
    return Markup("").join(marked)


def cell(text: str) -> str:
    """Return a text for a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")


def numeric(table: Table) -> list[bool]:
    """Return which columns of a table hold numbers, which stand to the right."""
    return [numbers([row[column] for row in table.rows]) for column in range(len(table.header))]


def numbers(cells: Sequence[str]) -> bool:
    """Return whether a column's cells are short and begin as numbers do, apart from words for there being none."""
    known = [text for text in cells if text not in {"", "—", "trivial", "reference"}]
    return bool(known) and all((text[0].isdigit() or text[0] in "-+.") and len(text) < 24 for text in known)
