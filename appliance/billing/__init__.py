"""Tariffs and rating as pure arithmetic on integers."""
