"""Lines: what turns a trunk or a line device into legs."""
