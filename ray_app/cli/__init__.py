"""The command line: one command a file; it prints what people read, and one line for each error."""
