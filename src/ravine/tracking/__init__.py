"""Trackers: they show a run elsewhere while it trains, and decide nothing of it."""
