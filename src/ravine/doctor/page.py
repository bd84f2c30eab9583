"""The examination as one self-contained HTML page."""

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ravine.doctor.bench import Bench
from ravine.doctor.examine import Examination
from ravine.doctor.figures import drawn
from ravine.doctor.guarded import untouched
from ravine.doctor.pipeline import Pipeline
from ravine.doctor.table import HEADER, by_phase, summary
from ravine.report.look import ARMS, DARK_ARMS
from ravine.training.files import write_atomically
from ravine.version import VERSION


def write_page(path: Path, pipeline: Pipeline, found: Examination) -> None:
    """Write the findings and figures to `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, page(found, drawn(Bench(untouched(pipeline)))).encode())


def page(found: Examination, figures: dict[str, str]) -> str:
    """Return the page; `figures`: SVG by title."""
    environment = Environment(
        loader=PackageLoader("ravine.doctor", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("page.html.jinja").render(
        title=f"ravine doctor: {found.name}",
        summary=summary(found),
        header=HEADER,
        phases=list(by_phase(found.findings)),
        figures={title: Markup(svg) for title, svg in figures.items()},
        version=VERSION,
        light=ARMS,
        dark=DARK_ARMS,
    )
