"""Proposals: where mined points start from."""
