"""Statements: what is written, what it looks like, and that it proves itself."""
