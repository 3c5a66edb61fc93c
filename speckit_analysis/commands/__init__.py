"""The commands: those that answer with a table, and those that run reviews and experiments."""
