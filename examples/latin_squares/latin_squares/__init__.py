"""Latin squares for ravine: everything that a package may add, each thing in one file."""
