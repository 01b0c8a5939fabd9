"""ray-app: a folder of documents goes in, one index that is searched by meaning comes out."""

__version__ = "0.1.0"
