"""Faults by name: what can break in the simulated machine, and how it breaks."""
