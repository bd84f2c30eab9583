"""Families: who is whose parent, uncle, grandparent."""
