"""Builder of the example corpus: reads the content files, writes the documents."""
