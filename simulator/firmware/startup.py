"""Before anything may move a foot: both ways to switch off, every flag, every channel."""

from typing import Final

from firmware_bridge.messages import Trip
from simulator.firmware.drives import BEAT_MS, SLOW_BEAT_MS, Drives
from simulator.wires import FLAG_Z_MM, IDLE_MA, HeadWires, PanelWires

SWITCH_MS: Final = 20
"""Within it a current must have gone, or come."""

_GONE_MA: Final = IDLE_MA / 4.0
_THERE_MA: Final = IDLE_MA / 2.0

HOMING_MM_S: Final = 5.0
"""No faster without a known place. Source: invariant M3 of the hazard table."""

FIRST_TOUCH_N: Final = 1.0
"""More than this on a head that looks for its flag: something is there, or the cell is wrong."""

ZERO_N: Final = 1.0
"""An unloaded load cell reads nearer to 0 than this."""

_DOWN_MS: Final = 1_500
_UP_MM: Final = 3.0
_CLEAR_MM_S: Final = 120.0
_X_MS: Final = 40_000
_Y_MS: Final = 90_000
"""The whole carriage at 5 mm/s, with a third to spare."""


class Currents:
    """What the motors of both heads draw."""

    __slots__ = ("heads",)

    def __init__(self, heads: tuple[HeadWires, HeadWires]) -> None:
        self.heads = heads

    @property
    def gone(self) -> bool:
        """No motor has power."""
        return all(
            abs(current) < _GONE_MA
            for wires in self.heads
            for current in (wires.press_ma, wires.x_ma, wires.y_ma)
        )

    @property
    def there(self) -> bool:
        """Every motor has power."""
        return all(
            abs(current) >= _THERE_MA
            for wires in self.heads
            for current in (wires.press_ma, wires.x_ma, wires.y_ma)
        )


class SwitchTest:
    """Switches off first by the bridges, then by the relay; the currents must follow each time.

    Args:
        heads: Signals of both heads.
        panel: Signals of both beds.

    Attributes:
        done: Both ways work.
    """

    __slots__ = ("_currents", "_ms", "_panel", "_phase", "done")

    # (bridges, relay) ordered in each phase; the currents must be there only if both are on.
    _ORDERS: Final = ((True, True), (False, True), (True, True), (True, False), (True, True))

    def __init__(self, heads: tuple[HeadWires, HeadWires], panel: PanelWires) -> None:
        self._currents = Currents(heads)
        self._panel = panel
        self._phase = 0
        self._ms = 0
        self.done = False
        self._order()

    def _order(self) -> None:
        bridges, relay = self._ORDERS[self._phase]
        self._panel.relay = relay
        for wires in self._currents.heads:
            wires.enabled = bridges

    def step(self) -> Trip:
        """One millisecond; return SELF_TEST when a way to switch off, or a motor, is dead."""
        bridges, relay = self._ORDERS[self._phase]
        self._ms += 1
        currents = self._currents
        if not (currents.there if bridges and relay else currents.gone):
            return Trip.SELF_TEST if self._ms > SWITCH_MS else Trip.NONE
        self._ms = 0
        self._phase += 1
        if self._phase == len(self._ORDERS):
            self.done = True
        else:
            self._order()
        return Trip.NONE


class Homing:
    """Leads one head over the edges of its flags; each encoder takes its place there.

    The press goes first: down to its flag however far that is, then up over the edge and down
    again, below the skin of the bed. The carriage follows, at 5 mm/s.

    Args:
        wires: Signals of the head.
        drives: Its watch over the drives.

    Attributes:
        done: All three axes know where they are, and every flag has been seen to change.
    """

    __slots__ = (
        "_drives",
        "_flags",
        "_force_high_n",
        "_force_low_n",
        "_lifted",
        "_ms",
        "_x_done",
        "_y_done",
        "_z_done",
        "_z_start_mm",
        "done",
        "wires",
    )

    def __init__(self, wires: HeadWires, drives: Drives) -> None:
        self.wires = wires
        self._drives = drives
        wires.homing = True
        drives.homed = False
        drives.forget()
        self._flags = (wires.x_flag, wires.y_flag, wires.z_flag)
        self._ms = 0
        self._lifted = False
        self._x_done = self._y_done = self._z_done = False
        self._z_start_mm = wires.z_mm
        self._force_low_n = self._force_high_n = wires.force_a_n
        self.done = False

    def step(self) -> Trip:
        """One millisecond; return what makes a home impossible, usually nothing."""
        wires = self.wires
        self._ms += 1
        flags = (wires.x_flag, wires.y_flag, wires.z_flag)
        if flags != self._flags:
            self._pass_edges(flags)
        force_n = wires.force_a_n
        self._force_low_n = min(self._force_low_n, force_n)
        self._force_high_n = max(self._force_high_n, force_n)
        trip = self._move_press(wires, force_n)
        if trip:
            return trip
        if self._lifted or wires.z_flag:
            wires.x_speed_mm_s = 0.0 if self._x_done else _towards(wires.x_flag)
            wires.y_speed_mm_s = 0.0 if self._y_done else _towards(wires.y_flag)
        if (self._ms > _X_MS and not self._x_done) or (self._ms > _Y_MS and not self._y_done):
            return Trip.SELF_TEST
        if self._ms % BEAT_MS == 0:
            trip = self._drives.judge_press(wires.z_speed_mm_s, wires.z_mm)
            if trip:
                return trip
        if self._ms % SLOW_BEAT_MS == 0:
            trip = self._drives.judge(force_n, unloading=False)
            if trip:  # the end of the way, or nothing moves, and the flag has not changed
                return Trip.RETRACT_FAILED if force_n >= FIRST_TOUCH_N else Trip.SELF_TEST
        if self._z_done and self._x_done and self._y_done:
            return self._finish(wires)
        return Trip.NONE

    def _pass_edges(self, flags: tuple[bool, bool, bool]) -> None:
        before = self._flags
        self._flags = flags
        self._x_done = self._x_done or flags[0] != before[0]
        self._y_done = self._y_done or flags[1] != before[1]
        self._lifted = self._lifted or (before[2] and not flags[2])
        self._drives.forget()  # the encoders have jumped to their places

    def _move_press(self, wires: HeadWires, force_n: float) -> Trip:
        if self._z_done:
            wires.z_speed_mm_s = 0.0
        elif not self._lifted and not wires.z_flag:  # somewhere up: nothing goes before letting go
            wires.z_speed_mm_s = -_CLEAR_MM_S
            wires.x_speed_mm_s = wires.y_speed_mm_s = 0.0
            self._z_start_mm = wires.z_mm
            return Trip.SELF_TEST if self._ms > _DOWN_MS else Trip.NONE
        elif not self._lifted:
            if abs(force_n) > FIRST_TOUCH_N:
                return Trip.SENSOR
            self._z_start_mm = min(self._z_start_mm, wires.z_mm)
            wires.z_speed_mm_s = HOMING_MM_S
            if wires.z_mm > self._z_start_mm + _UP_MM:
                return Trip.SELF_TEST  # it moves, and its flag does not change
        elif wires.z_flag:
            wires.z_speed_mm_s = 0.0 if wires.z_mm <= 0.0 else -HOMING_MM_S
            self._z_done = wires.z_mm <= FLAG_Z_MM
        else:
            wires.z_speed_mm_s = -HOMING_MM_S
        return Trip.NONE

    def _finish(self, wires: HeadWires) -> Trip:
        if self._force_high_n == self._force_low_n or abs(wires.force_a_n) > ZERO_N:
            return Trip.SENSOR  # a real channel is never twice the same for so long
        wires.homing = False
        wires.x_speed_mm_s = wires.y_speed_mm_s = wires.z_speed_mm_s = 0.0
        self._drives.forget()
        self._drives.homed = True
        self.done = True
        return Trip.NONE


def _towards(flag: bool) -> float:
    """Return the speed that leads over the flag's edge."""
    return HOMING_MM_S if flag else -HOMING_MM_S
