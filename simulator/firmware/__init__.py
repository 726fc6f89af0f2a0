"""The simulated microcontroller: it knows its wires and the bytes it gets, nothing else."""
