"""The HTTP API on Ray Serve: one deployment a file, one resource a file in `routes/`."""
