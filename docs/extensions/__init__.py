"""What the site needs beyond Sphinx: docstrings as they are written here, notebooks, and a map for language models."""
