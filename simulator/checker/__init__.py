"""Judge a trace by what was promised, knowing nothing of the code that made it.

Written from the hazard analysis, the architecture and the limits alone, by another hand than the
controller and the device; it imports neither. What they and it share is the trace.
"""

from simulator.checker.check import check_trace
from simulator.checker.columns import UnfitTraceError
from simulator.checker.report import CheckReport, Violation

__all__ = ["CheckReport", "UnfitTraceError", "Violation", "check_trace"]
