"""Scores on fixed splits beside trivial baselines."""
