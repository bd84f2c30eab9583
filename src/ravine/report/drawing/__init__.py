"""Kinds of figure: lines with bands, rows of dots, intervals, maps."""
