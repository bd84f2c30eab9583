"""Many runs, planned, queued and collected."""
