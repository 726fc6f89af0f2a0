"""The turning head: only in contact, never harder than skin explains, and back when it is caught.

Figures: hazard table, row A6; braking and the way back are Podal proposals, unmeasured.
"""

from typing import Final

from firmware_bridge.messages import Trip
from simulator.wires import SPIN_IDLE_MNM, SPIN_MNM_PER_N, HeadWires

TORQUE_RATIO: Final = 1.5
TORQUE_SPARE_MNM: Final = 4.0
"""Allowed on top: below it neither cloth nor hair can be told from the bearing."""

CAUGHT_BEATS: Final = 6
"""30 ms."""

SLOW_RATIO: Final = 0.7
RUN_UP_BEATS: Final = 60
"""After a new order the head gets 300 ms to turn as fast as it is told."""

RUN_UP_MNM_PER_RPM: Final = 1.0
"""Allowed for each rpm that the head still lacks: it takes torque to turn it faster."""

BACK_RPM: Final = 15.0
BACK_DEG: Final = 60.0
"""At most 90 degrees back, braking included."""

_DEG_PER_RPM_MS: Final = 360.0 / 60.0 / 1000.0
_STANDS_RPM: Final = 0.5
_BRAKE_MS: Final = 200


class Spin:
    """The spin drive of one head.

    Args:
        wires: Signals of the head.

    Attributes:
        asked_rpm: What the set-point asks.
        backing: It was caught, and turns back.
    """

    __slots__ = (
        "_back_deg",
        "_back_rpm",
        "_beats",
        "_ms",
        "_run_up",
        "asked_rpm",
        "backing",
        "wires",
    )

    def __init__(self, wires: HeadWires) -> None:
        self.wires = wires
        self.asked_rpm = 0.0
        self.backing = False
        self._beats = self._run_up = self._ms = 0
        self._back_rpm = self._back_deg = 0.0

    def turn(self) -> None:
        """The head is in contact: turn as asked."""
        wires = self.wires
        if wires.spin_order_rpm != self.asked_rpm:
            wires.spin_order_rpm = self.asked_rpm
            self._run_up = RUN_UP_BEATS

    def judge(self, force_n: float) -> Trip:
        """Take one beat of 5 ms; return ENTANGLED when something is caught."""
        wires = self.wires
        order = wires.spin_order_rpm
        if order == 0.0 or self.backing:
            self._beats = 0
            return Trip.NONE
        lacking = abs(order - wires.spin_rpm)
        expected = SPIN_IDLE_MNM + SPIN_MNM_PER_N * max(force_n, 0.0)
        most = TORQUE_RATIO * expected + TORQUE_SPARE_MNM
        if self._run_up:
            self._run_up -= 1
            most += RUN_UP_MNM_PER_RPM * lacking
            slow = False
        else:
            slow = lacking > (1.0 - SLOW_RATIO) * abs(order)
        if slow or abs(wires.spin_mnm) > most:
            self._beats += 1
            return Trip.ENTANGLED if self._beats >= CAUGHT_BEATS else Trip.NONE
        self._beats = 0
        return Trip.NONE

    def free(self) -> None:
        """Something is caught: brake as hard as the drive can, then turn back a little."""
        order = self.wires.spin_order_rpm
        self.backing = True
        self._ms = 0
        self._back_deg = 0.0
        self._back_rpm = -BACK_RPM if order > 0.0 else BACK_RPM

    def rest(self) -> None:
        """One millisecond off duty: stand, or go on turning back what was caught."""
        wires = self.wires
        if not self.backing:
            wires.spin_order_rpm = 0.0
            return
        self._ms += 1
        turned = wires.spin_rpm if self._back_rpm > 0.0 else -wires.spin_rpm
        if turned < -_STANDS_RPM:
            if self._ms > _BRAKE_MS:  # it will not be braked: no more power into it
                self.backing = False
                wires.spin_order_rpm = 0.0
                return
            wires.spin_order_rpm = 3.0 * self._back_rpm
            return
        self._back_deg += turned * _DEG_PER_RPM_MS
        wires.spin_order_rpm = self._back_rpm
        if self._back_deg >= BACK_DEG or self._ms > 4 * _BRAKE_MS:
            self.backing = False
            wires.spin_order_rpm = 0.0
