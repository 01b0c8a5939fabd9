"""Trained classifiers: what they learn from, how they are chosen, calibrated, kept, explained and reported."""
