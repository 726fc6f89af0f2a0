"""Fault runs: every fault there is, at every moment of a massage, judged by the plant's truth."""
