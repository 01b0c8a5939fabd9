"""Embedding models and classifiers: where their files come from, how they are run, trained and kept."""
