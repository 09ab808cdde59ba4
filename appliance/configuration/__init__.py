"""The one TOML file that describes a box: its shape, its rules, and the errors an installer reads."""
