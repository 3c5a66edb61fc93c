"""The only way in: files found, read on every core and joined into tables."""
