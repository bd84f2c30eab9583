"""Arrays to be sorted by a plan of swaps, as plain states or as relations between places."""
