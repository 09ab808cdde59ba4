"""Backup and restore of a box: one encrypted file, the key to it on paper, recordings apart."""
