"""Trunks as carriers really behave: registrars, several hosts, names, certificates, and messages that torture."""
