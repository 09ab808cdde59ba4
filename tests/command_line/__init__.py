"""Tests of what people type and read at a terminal."""
