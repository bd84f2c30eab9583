"""The page in a real browser: nothing on the console, every figure laid out, readable at the width of a phone too."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from ravine.report.page import Written

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--enable-logging=stderr",
    "--allow-file-access-from-files",
]
BROWSER = next((path for name in NAMES if (path := shutil.which(name))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason=f"no browser here: none of {', '.join(NAMES)}")
PROBE = """<!doctype html><meta charset="utf-8"><title>probe</title><body style="margin:0">
<iframe src="PAGE" style="border:0;width:WIDTHpx;height:900px"></iframe><pre id="said"></pre><script>
document.querySelector("iframe").onload = event => {
  const page = event.target.contentDocument, root = page.documentElement;
  page.querySelectorAll("details").forEach(folded => folded.open = true);
  const cut = [...page.querySelectorAll(".scroll")].filter(table => table.scrollWidth > table.clientWidth).length;
  const boxes = [...page.querySelectorAll("figure svg")].map(svg => svg.getBoundingClientRect());
  const texts = [...page.querySelectorAll("figure svg text")];
  const least = Math.min(...texts.map(text => text.getBoundingClientRect().height));
  const drawn = boxes.filter(box => box.width > 150 && box.height > 60).length;
  const explorers = [...page.querySelectorAll(".explorer")], first = page.querySelector(".explorer output").textContent;
  explorers.forEach(place => { const next = place.querySelectorAll("button")[1]; next.click(); next.click(); });
  const stages = explorers.map(place => place.querySelector(".stage").getBoundingClientRect());
  const seen = stages.filter(box => box.width > 150 && box.height > 60).length;
  const second = explorers.every(place => place.querySelector("output").textContent.includes("(2 of 10)"));
  const still = explorers.filter(place => place.previousElementSibling.getBoundingClientRect().height > 0).length;
  document.getElementById("said").textContent =
    `figures ${boxes.length} drawn ${drawn} wide ${root.scrollWidth} least ${least.toFixed(2)} cut ${cut} ` +
    `explorers ${explorers.length} seen ${seen} second ${second} still ${still}; ${first}`;
};
</script>"""


def browse(words: Sequence[str], page: Path, profile: Path) -> subprocess.CompletedProcess[str]:
    command = [str(BROWSER), *QUIET, f"--user-data-dir={profile}", *words, page.resolve().as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    said = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert not said, said
    return done


@pytest.mark.parametrize("width", [390, 1280])
def test_every_figure_is_laid_out_and_nothing_is_wider_than_the_screen(
    written: Written, tmp_path: Path, width: int
) -> None:
    probe = tmp_path / "probe.html"
    probe.write_text(PROBE.replace("PAGE", written.page.resolve().as_uri()).replace("WIDTH", str(width)))
    dom = browse(["--dump-dom", "--virtual-time-budget=20000"], probe, tmp_path / "profile").stdout
    found = re.search(r"figures (\d+) drawn (\d+) wide (\d+) least ([\d.]+) cut (\d+)", dom)
    assert found, dom[-500:]
    figures, drawn, wide = map(int, found.groups()[:3])
    assert figures == drawn == len(written.figures)
    assert wide == width
    assert float(found[4]) > 9
    assert width < 1280 or found[5] == "0"
    stepped = re.search(r"explorers (\d+) seen (\d+) second true still 0; 10 landscapes visited", dom)
    assert stepped, dom[-500:]
    assert stepped[1] == stepped[2] == "7"  # a slice for each of three arms, two problems of two


@pytest.mark.parametrize(("words", "dark"), [([], False), (["--force-dark-mode"], True)])
def test_a_screenshot_shows_a_page_in_light_and_dark(
    written: Written, tmp_path: Path, words: list[str], dark: bool
) -> None:
    shot = tmp_path / "shot.png"
    browse([*words, f"--screenshot={shot}", "--window-size=1200,2400"], written.page, tmp_path / "profile")
    grey = np.asarray(matplotlib.image.imread(shot))[..., :3].mean(-1)
    assert grey.shape == (2400, 1200)
    paper = np.median(grey)
    assert (paper < 0.2) if dark else (paper > 0.9)
    # Something is drawn in every part of the page, and most of it is paper.
    for part in np.array_split(grey, 6):
        assert 0.005 < (np.abs(part - paper) > 0.3).mean() < 0.3


def test_it_prints(written: Written, tmp_path: Path) -> None:
    file = tmp_path / "page.pdf"
    browse([f"--print-to-pdf={file}", "--no-pdf-header-footer"], written.page, tmp_path / "profile")
    content = file.read_bytes()
    assert content.startswith(b"%PDF")
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b", content)) < 20
