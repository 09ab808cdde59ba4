"""The configuration file: its rules, and the plan made of it."""
