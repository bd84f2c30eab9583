"""Selections: which candidates become mined points."""
