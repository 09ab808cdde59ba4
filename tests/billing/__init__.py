"""Tariffs and rating: chosen by hand-made cases, and proved against a slow reference."""
