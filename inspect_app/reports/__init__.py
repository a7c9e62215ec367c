"""What goes into a document and how it looks."""
