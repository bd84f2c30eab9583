"""The names of the shipped strategies, apart from what they are, so that a configuration can be read without torch."""

NAMED: tuple[str, ...] = ("none", "random", "adversarial")
