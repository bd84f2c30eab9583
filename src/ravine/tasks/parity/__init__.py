"""The parity of strings of bits."""
