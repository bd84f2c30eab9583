"""Graphs: which nodes a path joins."""
