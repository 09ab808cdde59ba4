"""The ACD process: its journal, store, control socket and loop, killed as often as it takes."""
