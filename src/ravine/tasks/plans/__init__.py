"""Plans: the moves along a graph from a start to a goal."""
