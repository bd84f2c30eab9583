"""Results in words, tables and figures."""
