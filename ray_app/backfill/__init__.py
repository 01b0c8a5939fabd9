"""Work over what the index holds already, on Ray Data."""
