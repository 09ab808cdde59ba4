"""Stations: what turns a handset port or a SIP phone into legs."""
