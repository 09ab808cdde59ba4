"""Devices: modems, handset ports, lamps and buttons, each with the twin that stands in for it. Knows nothing of calls."""
