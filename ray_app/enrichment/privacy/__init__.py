"""Personal data in a document: how great a risk it is, whom it is about, and how it is hidden."""
