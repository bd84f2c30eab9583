"""`ravine power`: how many seeds a study should register."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ravine.cli.options import Json, Quiet

if TYPE_CHECKING:
    from ravine.analysis.power import Power


class ScaleChoice(StrEnum):
    """The scales of a stated spread."""

    RATIO = "ratio"
    POINTS = "points"


Pilot = Annotated[Path | None, typer.Argument(metavar="[PILOT]", help="A pilot study's directory.")]
Spread = Annotated[
    float | None, typer.Option("--spread", help="Standard deviation of ln(error / error), or of differences of shares.")
]


def command(
    pilot: Pilot = None,
    spread: Spread = None,
    margin: Annotated[
        float | None, typer.Option("--margin", help="Least gain that matters; 0.05, 0.01 in points, or pilot's.")
    ] = None,
    gains: Annotated[str | None, typer.Option("--gains", help="True gains to plan for: 0.02,0.05.")] = None,
    comparisons: Annotated[int | None, typer.Option("--comparisons", min=1, help="Arms against the baseline.")] = None,
    scale: Annotated[
        ScaleChoice | None, typer.Option("--scale", help="Scale of the stated spread; default: ratio.")
    ] = None,
    power: Annotated[float, typer.Option("--power", help="Probability of finding a true gain.")] = 0.8,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say how many seeds it takes to detect a gain, given a pilot study's directory or a stated spread.

    On the scale points, spread, margin and gains are shares: 0.01 is a point.
    """
    from ravine.analysis import power as planning
    from ravine.cli.numbers import fractions
    from ravine.cli.tables import show_json
    from ravine.errors import InputError
    from ravine.statistics import scale_of

    if (pilot is None) == (spread is None):
        raise InputError("give either a pilot study's directory or --spread: `ravine power out/pilot`")
    for name, value in (("--margin", margin), ("--power", power)):
        if value is not None and not 0 < value < 1:
            raise InputError(f"{name} {value:g}: write a number between 0 and 1, as in {name} 0.05")
    if pilot is not None and scale is not None:
        raise InputError("--scale goes with --spread; a pilot's scale is that of its metric")
    wanted = None if gains is None else fractions(gains, "--gains")
    if pilot is not None:
        found = planning.from_pilot(pilot, wanted, comparisons, margin, power)
    else:
        assert spread is not None
        of = scale_of("ratio" if scale is None else scale.value)
        found = [planning.from_spread(spread, wanted, comparisons or 2, margin, power, of)]
    if json:
        show_json({"tables": [entry.described() for entry in found]})
    elif not quiet:
        for entry in found:
            show(entry)


def show(found: "Power") -> None:
    """Print one table with what it rests on."""
    from ravine.cli.tables import show_table
    from ravine.statistics import scale_of

    scale = scale_of(found.scale)
    stated = found.pilot_seeds is None
    known = (
        "stated"
        if stated
        else f"{found.pilot_seeds} seeds, 95 % interval {scale.spread(found.low)} to {scale.spread(found.high)}"
    )
    left = f"; {found.left_out} seeds left out, as a run diverged or did not finish" if found.left_out else ""
    header = ["true gain", "seeds", *([] if stated else ["at the least spread", "at the greatest"])]
    rows = []
    for row in found.rows:
        ends = [] if stated else [shown(row.seeds_low), shown(row.seeds_high)]
        margin = "—" if row.gain <= found.margin else shown(row.to_show_margin)
        rows.append([scale.margin(row.gain), shown(row.seeds), *ends, margin])
    show_table([*header, f"to show at least {scale.margin(found.margin)}"], rows, title=found.source)
    typer.echo(
        f"spread {scale.spread(found.spread)} ({known}){left}; power {found.power:g}, {found.comparisons} comparisons "
        "that share 5 %"
    )


def shown(seeds: int | None) -> str:
    """Return a number of seeds, or that there is no point in counting them."""
    return "over 100,000" if seeds is None else str(seeds)
