"""Ray clusters: which one to work in, and how to leave it."""
