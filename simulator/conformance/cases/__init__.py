"""The questions, part by part, in the order of the protocol page."""
