"""All sections of a report, in the order in which a reader asks."""

from collections.abc import Mapping

from ravine.report.look import Style
from ravine.report.panel import Section
from ravine.report.reading.subject import Subject
from ravine.report.sections.ablation import ablation
from ravine.report.sections.budgets import budgets
from ravine.report.sections.compute import compute
from ravine.report.sections.curves import read_all
from ravine.report.sections.forest import forest
from ravine.report.sections.forming import forming
from ravine.report.sections.landscapes import landscapes
from ravine.report.sections.points import explored
from ravine.report.sections.seeds import seeds
from ravine.report.sections.setup import setup
from ravine.report.sections.table import tables
from ravine.report.sections.training import training
from ravine.report.sections.troubles import troubles


def sections(subject: Subject, styles: Mapping[str, Style]) -> list[Section]:
    """Return the sections of a subject, without those that do not apply."""
    read = read_all(subject)
    found = [
        tables(subject),
        seeds(subject, styles),
        forest(subject, styles),
        explored(subject, styles),
        training(subject, styles, read),
        compute(subject, styles, read),
        landscapes(subject, styles),
        budgets(subject, styles),
        forming(subject),
        ablation(subject, styles),
        troubles(subject),
        setup(subject),
    ]
    return [section for section in found if section is not None]
