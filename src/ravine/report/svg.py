"""Figures as SVG inside a page: text that can be selected, colours that the page chooses, no name used twice."""

import io
import re
from xml.etree import ElementTree

from matplotlib.figure import Figure

from ravine.report.look import VARIABLES

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
DECIMALS = re.compile(r"(-?\d+\.\d\d)\d+")
FACTORS = re.compile(r"(-?\d+\.\d{5})\d+")
SPACES = re.compile(r"\s+")
FAMILY = re.compile(r"font-family:[^;\"]*;?\s*")
COLOURS = re.compile("|".join(VARIABLES), re.IGNORECASE)
REFERENCE = re.compile(r"url\(#([^)]+)\)")
ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", XLINK)


def inline_svg(figure: Figure, name: str, title: str, description: str) -> str:
    """Return a figure as an `<svg>` for a page; `name` comes before every id in it."""
    file = io.StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    root = ElementTree.fromstring(file.getvalue())
    strip(root)
    rename(root, name)
    for node in root.iter():
        restyle(node)
    for size in ("width", "height"):
        root.attrib.pop(size, None)
    label(root, name, title, description)
    return ElementTree.tostring(root, encoding="unicode")


def strip(root: ElementTree.Element) -> None:
    """Remove what a page has no use for: the file's metadata and a style sheet that would reach the whole page."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in {f"{{{SVG}}}metadata", f"{{{SVG}}}style"}:
                parent.remove(child)


def rename(root: ElementTree.Element, name: str) -> None:
    """Keep only ids that something refers to, each behind the figure's name."""
    href = f"{{{XLINK}}}href"
    used = {node.attrib[href].removeprefix("#") for node in root.iter() if node.attrib.get(href, "").startswith("#")}
    for node in root.iter():
        for value in node.attrib.values():
            used.update(REFERENCE.findall(value))
    for node in root.iter():
        held = node.attrib.pop("id", None)
        if held in used:
            node.attrib["id"] = f"{name}-{held}"
        for key, value in list(node.attrib.items()):
            if key == href and value.startswith("#"):
                node.attrib[key] = f"#{name}-{value[1:]}"
            elif "url(#" in value:
                node.attrib[key] = value.replace("url(#", f"url(#{name}-")


def restyle(node: ElementTree.Element) -> None:
    """Exchange a node's colours for the page's variables, leave the font to the page, and round its coordinates."""
    style = node.attrib.get("style")
    if style:
        style = FAMILY.sub("", COLOURS.sub(lambda found: f"var({VARIABLES[found[0].lower()]})", style))
        node.attrib["style"] = style.strip().rstrip(";")
    for key in ("d", "x", "y", "transform"):
        if key in node.attrib:
            digits = FACTORS if key == "transform" else DECIMALS
            node.attrib[key] = SPACES.sub(" ", digits.sub(r"\1", node.attrib[key])).strip()
    if node.text is not None and not node.text.strip():
        node.text = None
    if node.tail is not None:
        node.tail = node.tail.strip() or None


def label(root: ElementTree.Element, name: str, title: str, description: str) -> None:
    """Name and describe the picture for those who do not see it."""
    root.attrib |= {"role": "img", "aria-labelledby": f"{name}-title {name}-text"}
    for place, (tag, key, text) in enumerate((("title", "title", title), ("desc", "text", description))):
        node = ElementTree.Element(f"{{{SVG}}}{tag}", {"id": f"{name}-{key}"})
        node.text = text
        root.insert(place, node)
