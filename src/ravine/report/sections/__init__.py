"""The parts of a report, each one question: from what a directory tells to words, tables and figures."""
