"""Refinements: how proposals are made harder."""
