"""`ravine solve`: a user's own matrices in, predicted answers out."""

from pathlib import Path
from typing import Annotated

import typer

from ravine.cli.options import Json, Quiet, Run


def command(
    run: Run,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Matrices: .npy, .npz or .csv; one n x n or a stack.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Predicted inverses, .npy or .csv.")] = Path("inverses.npy"),
    steps: Annotated[int | None, typer.Option("--steps", min=0, help="Descent steps per landscape.")] = None,
    restarts: Annotated[int | None, typer.Option("--restarts", min=1, help="Starts; the lowest energy wins.")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the starts' noise.")] = 0,
    figure: Annotated[Path | None, typer.Option("--figure", help="Draw the first answer forming, as PNG.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Invert your own matrices with a trained run, and tell how well."""
    from ravine import inversion
    from ravine.cli.tables import show_json, show_table
    from ravine.report.markdown import number

    inversion.check_output(out)
    result = inversion.invert(run, file, steps, restarts, seed)
    inversion.write(out, result.inverses)
    written = [out]
    if figure is not None:
        inversion.draw(result, figure)
        written.append(figure)
    if json:
        show_json({**result.summary(), "wrote": [str(path) for path in written]})
    elif not quiet:
        header = ["matrix", "|AY - I| / |I|", "|Y - inverse| / |inverse|", "MSE", "condition number", "energy"]
        shown = result.summary()["matrices"]
        keys = ("residual", "distance", "mse", "condition", "energy")
        show_table(header, [[str(i), *(number(row[key]) for key in keys)] for i, row in enumerate(shown[:20])])
        if len(shown) > 20:
            typer.echo(f"... and {len(shown) - 20} more; --json shows all")
        typer.echo("wrote " + ", ".join(str(path) for path in written))
