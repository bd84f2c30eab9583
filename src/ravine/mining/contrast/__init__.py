"""Forms of the contrastive term: right answers below wrong ones."""
