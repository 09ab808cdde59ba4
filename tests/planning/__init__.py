"""Tests of the planning: theory, patience, simulation, what-if."""
