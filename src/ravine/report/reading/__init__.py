"""What a study's or a run's directory tells, read lean and read whole where it is broken."""
