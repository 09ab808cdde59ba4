"""Kamailio with the configuration we render, in front of real phones and of peers that misbehave."""
