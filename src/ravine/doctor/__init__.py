"""Is the mining pipeline really connected? Checks by phase, findings, and the planted faults that prove them."""
