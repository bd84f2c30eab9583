"""What is measured of an answer: one metric per file."""
