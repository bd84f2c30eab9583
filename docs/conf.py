"""How the site is built from these pages: `make docs`, then docs/build/index.html.

Sphinx with MyST was chosen over the successors of MkDocs. Material for MkDocs is in maintenance. zensical (tried at
0.0.73) builds these pages in a third of the time and finds dead links and anchors as well; but it is before a first
stable release, leaves notebooks and links out of this folder as they are, and reads docstrings by a plug-in made for
its predecessor. Sphinx has autodoc, an extension of forty lines reads the notebooks, and 11 seconds of one core are
few. The pages stay Markdown that reads as it is.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from ravine.version import VERSION

project = "ravine"
author = "the authors of ravine"
project_copyright = "the authors of ravine, MIT licence"
version = release = VERSION
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "extensions.docstrings",
    "extensions.notebooks",
    "extensions.llms",
]
exclude_patterns = ["build", "extensions"]
html_theme = "furo"
html_title = f"ravine {VERSION}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_theme_options = {"navigation_with_keys": True}

myst_heading_anchors = 4
myst_enable_extensions = ["dollarmath"]
suppress_warnings = ["myst.strikethrough"]

autodoc_typehints = "signature"
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "undoc-members": False}
default_role = "code"  # `x` in docstrings
python_maximum_signature_line_length = 100
