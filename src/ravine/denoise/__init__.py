"""Denoising losses: how an energy learns from noised right answers."""
