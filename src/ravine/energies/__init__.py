"""Energies E(x, y, k): the contract and the networks."""
