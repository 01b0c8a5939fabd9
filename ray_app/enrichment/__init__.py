"""What is found out about a document from its text: passages and language."""
