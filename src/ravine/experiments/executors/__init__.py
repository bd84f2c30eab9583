"""Where a study's runs are started: one executor per file, and the coordinator that gives them work."""
