"""The matrix tasks of IRED: inversion, addition, completion of a low-rank matrix."""
