"""Who runs this installation: one row that says which government, whether it is a demo, and its epoch."""
