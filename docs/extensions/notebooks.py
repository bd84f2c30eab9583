"""Notebooks as pages: their cells and the outputs that they were stored with, as Markdown."""

import json
from collections.abc import Iterator
from typing import Any

from myst_parser.parsers.sphinx_ import MystParser


class NotebookParser(MystParser):  # type: ignore[misc]
    """Reads a stored notebook; nothing is run."""

    supported = ("ipynb",)

    def parse(self, inputstring: str, document: Any) -> None:
        """Parse the notebook's cells as one page of Markdown."""
        super().parse("\n\n".join(blocks(json.loads(inputstring))), document)


def blocks(notebook: dict[str, Any]) -> Iterator[str]:
    """Yield each cell, and after a cell of code what it put out."""
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            yield source
        elif cell["cell_type"] == "code":
            yield f"```python\n{source}\n```"
            yield from (shown for output in cell["outputs"] if (shown := text(output)))


def text(output: dict[str, Any]) -> str:
    """Return one output as Markdown: a picture, else its text."""
    data = output.get("data", {})
    if "image/png" in data:
        picture = "".join(data["image/png"]).replace("\n", "")
        words = output.get("metadata", {}).get("alt", "What the cell above draws")
        return f"![{words}](data:image/png;base64,{picture})"
    said = "".join(output.get("text", data.get("text/plain", ""))).rstrip()
    return f"```text\n{said}\n```" if said else ""


def setup(app: Any) -> dict[str, bool]:
    """Read .ipynb files."""
    app.add_source_suffix(".ipynb", "ipynb")
    app.add_source_parser(NotebookParser)
    return {"parallel_read_safe": True}
