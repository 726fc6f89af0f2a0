"""Pressure in, safe set-points out: a pure core in a thin shell."""
