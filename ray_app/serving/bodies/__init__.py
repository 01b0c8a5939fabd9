"""The bodies of requests and responses of one resource a file."""
