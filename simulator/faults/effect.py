"""What every fault can do to the machine; each overrides what it needs."""

from simulator.plant.matrix import Counts


class Effect:
    """One fault at one place while it lasts.

    In each millisecond the firmware has its turn, then `before`, the machine, and `after`. Faults
    of the same signal are stacked: what the first makes of it is what the second begins with.
    """

    __slots__ = ()

    def undo(self) -> None:
        """Leave the machine as it would be without it: another fault begins or ends now."""

    def redo(self, now_us: int) -> None:
        """Take hold again after `undo`."""

    def begin(self, now_us: int) -> None:
        """The fault begins."""

    def before(self, now_us: int) -> None:
        """The firmware has written its orders; the machine has not read them."""

    def after(self, now_us: int) -> None:
        """The machine has written what its sensors say; the firmware has not read it."""

    def scan(self, counts: Counts, now_us: int) -> Counts:
        """Return what the converter says of a scan that is `counts`."""
        return counts

    def end(self, now_us: int) -> None:
        """The fault is over."""
