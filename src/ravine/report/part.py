"""One subject of a report with everything that the page shows of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ravine.report.look import Style
from ravine.report.panel import Panel, Section
from ravine.report.reading.subject import ENDED, Subject
from ravine.report.sections.everything import sections
from ravine.report.sections.verdict import Verdict, verdict
from ravine.report.svg import inline_svg


@dataclass(frozen=True)
class Part:
    """One subject of a report, ready for the page: anchor, facts, verdict, sections and its figures as SVG by key."""

    anchor: str
    subject: Subject
    verdict: Verdict
    sections: Sequence[Section]
    svg: Mapping[str, str]

    @property
    def title(self) -> str:
        """What the part is about."""
        return f"{self.subject.results.get('task') or self.subject.name}"

    @property
    def count(self) -> str:
        """How many runs there are, and of what."""
        runs, arms = self.subject.runs, self.subject.arms
        if self.subject.kind == "run":
            return f"run, arm {runs[0].arm}, seed {runs[0].seed}"
        ended = sum(run.status == ENDED for run in runs)
        return f"study, {len(arms)} arm{'s' * (len(arms) != 1)}, {ended} of {len(runs)} runs finished"

    @property
    def panels(self) -> list[Panel]:
        """All figures."""
        return [panel for section in self.sections for panel in section.panels]

    @property
    def moving(self) -> bool:
        """Whether a figure can be stepped through."""
        return any(panel.frames for panel in self.panels)


def part_of(index: int, subject: Subject, looks: Mapping[str, Style]) -> Part:
    """Return a subject with everything drawn."""
    found = sections(subject, looks)
    anchor = f"p{index + 1}"
    svg = {
        panel.key: inline_svg(panel.figure, f"{anchor}-{slug(panel.key)}", panel.title, panel.description)
        for section in found
        for panel in section.panels
    }
    return Part(anchor, subject, verdict(subject), found, svg)


def slug(text: str) -> str:
    """Return a text as a name for files and ids: letters, digits and hyphens."""
    return "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in text)
