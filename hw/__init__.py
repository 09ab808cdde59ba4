"""Devices: modems, handset ports, lamps and buttons, each with its twin. Knows nothing of calls."""
