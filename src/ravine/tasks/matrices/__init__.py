"""The matrix tasks of IRED: those of its paper (inverse, addition, completion) and those that only its code defines."""
