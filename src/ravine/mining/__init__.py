"""Where negatives come from: propose, refine, select, and when."""
