"""The page: everything in its order, everything with its data, nothing from elsewhere."""

import base64
import csv
import io
import json
import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tests.report.planted import THREE, Plan, plant

from ravine.errors import InputError
from ravine.report import fitting, page
from ravine.report.look import VARIABLES

ORDER = ["scores", "seeds", "forest", "training", "compute", "landscapes", "budgets", "forming", "troubles", "setup"]


class Tree(HTMLParser):
    """Collects tags with their attributes, and checks that they close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "link"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def tree(html: str) -> Tree:
    return Tree(html)


def table_of(html: str, figure: str) -> list[dict[str, str]]:
    """Return the data that a figure carries."""
    part = html[html.index(f'<figure id="p1-{figure}">') :]
    found = re.search(r"data:text/csv;charset=utf-8;base64,([^\"]+)", part)
    assert found
    return list(csv.DictReader(io.StringIO(base64.b64decode(found[1]).decode())))


def test_the_verdict_comes_first_then_the_sections_in_their_order(html: str) -> None:
    places = [html.index('<section class="verdict"'), *(html.index(f'<section id="p1-{key}"') for key in ORDER)]
    assert places == sorted(places)
    headline = html[html.index('class="headline"') :].split("</p>")[0]
    assert "Mining helps: adversarial is better than none" in headline
    assert "interval 0.77 to 0.869" in headline
    assert "Random mining is equivalent to none." in html
    assert "<code>ravine compare examples/ablation.toml</code>" in html


def test_the_page_needs_nothing_from_elsewhere(html: str, tree: Tree) -> None:
    assert len(html) < 3_000_000
    assert not {"iframe", "object"} & {tag for tag, _ in tree.tags}
    assert [attributes for tag, attributes in tree.tags if tag == "script"] == [{}]
    for _, attributes in tree.tags:
        for key in ("src", "href", "xlink:href", "action"):
            assert (attributes.get(key) or "#").startswith(("#", "data:")), attributes
    assert "@import" not in html
    assert not re.search(r"url\((?!#)", html)


def test_ids_are_used_once_and_every_reference_is_there(html: str, tree: Tree) -> None:
    assert tree.open == []
    counts = Counter(attributes["id"] for _, attributes in tree.tags if attributes.get("id"))
    assert counts.most_common(1)[0][1] == 1
    for _, attributes in tree.tags:
        for key in ("href", "xlink:href", "aria-labelledby", "clip-path"):
            for name in (attributes.get(key) or "").split():
                if name.startswith(("#", "url(#")) or key == "aria-labelledby":
                    assert name.removeprefix("url(").strip("#)") in counts, name


def test_every_figure_has_title_description_text_and_data(html: str, written: page.Written) -> None:
    figures = re.findall(r"<figure .*?</figure>", html, re.DOTALL)
    assert len(figures) == len(written.figures) > 30
    for figure in figures:
        assert figure.count("<svg") == 1
        assert len(re.findall(r"<title[^>]*>[^<]+</title>", figure)) == 1
        assert len(re.findall(r"<desc[^>]*>[^<]{20,}</desc>", figure)) == 1
        assert figure.count("<text") >= 4
        assert 'download="' in figure


def test_colours_are_the_pages_own(html: str) -> None:
    for svg in re.findall(r"<svg.*?</svg>", html, re.DOTALL):
        for colour in VARIABLES:
            assert colour not in svg.lower()
    assert "stroke: var(--arm-2)" in html
    for variable in VARIABLES.values():
        assert html.count(f"{variable}:") >= 2, variable


def test_headings_go_down_one_step_at_a_time(tree: Tree) -> None:
    levels = [int(tag[1]) for tag, _ in tree.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_columns_and_rows_of_tables_have_headers(tree: Tree) -> None:
    assert {attributes.get("scope") for tag, attributes in tree.tags if tag == "th"} == {"col", "row"}


def test_the_data_of_the_errors_are_the_runs_own(html: str, study: Path) -> None:
    rows = table_of(html, "errors-same")
    zero = json.loads((study / "baselines.json").read_text())["baselines"]["zero"]["same"]["metrics"]["mse"]
    assert len(rows) == 17  # 18 runs, of which one failed and has no error
    for row in rows:
        run = study / "runs" / row["arm"] / f"seed-{row['seed']}"
        if row["diverged"] == "yes":
            assert (row["arm"], row["seed"]) == ("adversarial", "3")
            assert float(row["mse"]) == pytest.approx(zero)
        else:
            stored = json.loads((run / "evaluation.json").read_text())["splits"]["same"]["metrics"]["mse"]["value"]
            assert float(row["mse"]) == pytest.approx(stored, rel=1e-5)


def test_the_mean_of_the_paired_differences_is_the_studys_ratio(html: str, study: Path) -> None:
    found = json.loads((study / "results.json").read_text())["comparisons"]
    for split in ("same", "harder"):
        rows = table_of(html, f"differences-{split}")
        for entry in (e for e in found if (e["split"], e["against"], e["metric"]) == (split, "none", "mse")):
            ratios = [float(row["ratio"]) for row in rows if row["arm"] == entry["arm"]]
            assert len(ratios) == entry["seeds"]
            assert np.exp(np.mean(np.log(ratios))) == pytest.approx(entry["effect"], rel=1e-4)


def test_no_failure_is_hidden(html: str, written: page.Written) -> None:
    for text in (html[html.index('id="p1-troubles"') :], written.markdown.read_text()):
        assert "not finite at step 1500" in text
        assert "2 of 18 runs did not finish: 1 failed, 1 diverged" in text


def test_the_markdown_says_the_same_with_pictures(written: page.Written) -> None:
    text = written.markdown.read_text()
    assert text.index("interval 0.77 to 0.869") < text.index("| least squares |")
    files = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)
    assert [written.page.parent / file for file in files] == list(written.figures)
    for file in written.figures:
        assert file.read_bytes().startswith(b"\x89PNG")
    assert "ravine compare x\n" in text


def test_several_directories_make_one_page_with_an_overview(study: Path, tmp_path: Path) -> None:
    other = plant(tmp_path / "other", Plan({"none": THREE["none"]}, seeds=2, measured=False))
    made = page.write([study, other, study / "runs" / "none" / "seed-0"], tmp_path / "all.html")
    text = made.page.read_text()
    assert text.index('id="overview"') < text.index('id="p1"') < text.index('id="p2"') < text.index('id="p3"')
    assert text.count("<article") == 3
    assert text.count("<h1>") == 1
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert made.figures[0].parent == tmp_path / "all-figures"
    assert len(set(made.figures)) == len(made.figures) == text.count("<figure ")


def test_what_does_not_fit_is_left_out_by_name(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "LIMIT", 300_000)
    made = page.write([study], tmp_path / "small.html")
    text = made.page.read_text()
    assert len(text) < 500_000
    assert len(made.figures) == text.count("<figure ")
    assert "figures were left out to keep this page small" in text
    assert 'id="p1-forest-same"' in text


def test_a_report_made_again_is_the_same(study: Path, written: page.Written, tmp_path: Path) -> None:
    again = page.write([study], tmp_path / "report.html")
    assert again.page.read_text() == written.page.read_text()


def test_names_cannot_become_markup(tmp_path: Path) -> None:
    out = plant(tmp_path / "study", Plan(dict(list(THREE.items())[:2]), seeds=3, measured=False))
    results = json.loads((out / "results.json").read_text())
    results["arms"]["<b>&|x"] = results["arms"].pop("random")
    results["outcome"] = {"name": "<i>", "sentence": "a <script>alert(1)</script>", "evidence": "one", "next": None}
    (out / "results.json").write_text(json.dumps(results))
    made = page.write([out])
    text = made.page.read_text()
    assert "<script" not in text
    assert "<b>" not in text
    assert "&lt;b&gt;&amp;|x" in text
    assert Tree(text).open == []
    assert "<b>&\\|x" in made.markdown.read_text()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no such directory"),
        ("letter.txt", "neither a study's directory"),
        ("results.json", "cannot be read as JSON"),
    ],
)
def test_a_directory_that_is_none_is_an_error_in_words(tmp_path: Path, content: str | None, words: str) -> None:
    folder = tmp_path / "folder"
    if content is not None:
        folder.mkdir()
        (folder / content).write_text("dear")
    with pytest.raises(InputError if content != "results.json" else Exception, match=words):
        page.write([folder])
    assert not (folder / "report.html").exists()
