"""Training a run: state, step, loop, checkpoints, directory."""
