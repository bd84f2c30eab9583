"""`llms.txt`: every page with its first sentence and its source, for language models (llmstxt.org)."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes

HEAD = (
    "# ravine\n\n> Train energy models that reason (IRED), mine negatives for them, find out whether the mining helps."
)
END = re.compile(r"(?<=[\w)\]]\.) (?=[A-Z])")
"""Between two sentences."""


def write(app: Any, error: Exception | None) -> None:
    """Write the file at the end of a build that came to its end."""
    if error is None and app.builder.name == "html":
        lines = [HEAD, "", *(line for page in app.env.toctree_includes["index"] for line in entry(app, page))]
        (Path(app.outdir) / "llms.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def entry(app: Any, page: str) -> Iterator[str]:
    """Yield a page's line."""
    title, source = app.env.titles[page].astext(), f"_sources/{page}{Path(app.env.doc2path(page)).suffix}.txt"
    paragraph = next(iter(app.env.get_doctree(page).findall(nodes.paragraph)), None)
    words = "" if paragraph is None else " ".join(paragraph.astext().split())
    yield f"- [{title}]({source}): {END.split(words, maxsplit=1)[0]}"


def setup(app: Any) -> dict[str, bool]:
    """Write the file after each build."""
    app.connect("build-finished", write)
    return {"parallel_read_safe": True}
