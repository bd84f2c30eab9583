"""`llms.txt`: the pages by group, each with its first sentence and its Markdown source (llmstxt.org)."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes

HEAD = "# ravine\n\n> Train energy models that reason (IRED), mine negatives for them, find out whether the mining helps."


def written(app: Any, error: Exception | None) -> None:
    """Write the file at the end of a build that came to its end."""
    if error is None and app.builder.name == "html":
        groups = app.env.tocs and app.env.toctree_includes.get("index", [])
        lines = [HEAD, "", *(line for page in groups for line in entry(app, page))]
        (Path(app.outdir) / "llms.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def entry(app: Any, page: str, level: int = 0) -> Iterator[str]:
    """Yield a page's line, and under a heading those of the pages below it."""
    below = app.env.toctree_includes.get(page, [])
    source = f"_sources/{page}{Path(app.env.doc2path(page)).suffix}.txt"
    title = app.env.titles[page].astext()
    if below:
        yield from ("", f"## {title}", "")
    yield f"- [{title}]({source}): {first_sentence(app.env.get_doctree(page))}"
    for other in below:
        yield from entry(app, other, level + 1)


def first_sentence(page: nodes.document) -> str:
    """Return the first sentence of a page's first paragraph."""
    paragraph = next(iter(page.findall(nodes.paragraph)), None)
    words = "" if paragraph is None else " ".join(paragraph.astext().split())
    return re.split(r"(?<=[.:])\s", words, maxsplit=1)[0]


def setup(app: Any) -> dict[str, bool]:
    """Write the file after each build."""
    app.connect("build-finished", written)
    return {"parallel_read_safe": True}
