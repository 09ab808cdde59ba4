"""Statements as people get them: made, proved, and written as JSON, CSV and PDF."""
