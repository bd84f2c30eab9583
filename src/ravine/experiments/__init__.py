"""Many runs: planned, registered, started somewhere, brought to an end, and collected."""
