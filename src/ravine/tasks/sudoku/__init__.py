"""Sudoku with boxes of any shape: boards, rules, an exact solver, symmetries and text."""
