"""From what runs came to, to what a study says: pairing, decision, conclusion, and how many seeds it needs."""
