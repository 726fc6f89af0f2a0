"""The inner loops of one head at 1 kHz: where it goes, how hard it presses, when it lets go.

Everything here is judged by what the sensors say; releasing is never slowed by anything.
"""

import math
from typing import Final

from firmware_bridge.messages import BedTarget, Calibration, LimitTable, Trip
from simulator.firmware.drives import GONE_MA, RISE_MM_S, STALL_MA, STALL_WAY_MM, Drives
from simulator.firmware.identity import DESCRIPTOR
from simulator.firmware.limits import CEILING_N, CELLS, COLS, PER_MM, WORD, no_limits
from simulator.firmware.motion import Motion
from simulator.firmware.spin import Spin
from simulator.firmware.watch import CLEAR_N, CONTACT_N, DISAGREE_N, Watch
from simulator.wires import (
    FLAG_Z_MM,
    IDLE_MA,
    PRESS_CREEP_MM_S,
    PRESS_FRICTION_MA,
    PRESS_MA_PER_N,
    HeadWires,
)

_LIMITS: Final = DESCRIPTOR.limits
_STEP_S: Final = 0.001
_APPROACH_MM_S: Final = _LIMITS.approach_um_s / 1000.0
_PRESS_MM_S: Final = _LIMITS.press_um_s / 1000.0
_RETRACT_MM_S: Final = _LIMITS.retract_um_s / 1000.0
_RISE_N: Final = _LIMITS.rise_mn_s / 1000.0 * _STEP_S
_FEED_MM_S: Final = DESCRIPTOR.carriage.feed_max_um_s / 1000.0

_TOP_MM: Final = DESCRIPTOR.carriage.z_max_um / 1000.0 - 0.5
"""An approach that comes this far has missed the foot, and no press is driven further up: so far
below the end of its way that it comes to rest before it."""

TOUCH_N: Final = 1.5
"""Held while the head feels for the skin: above what says for certain that it is there."""

CLEAR_MM: Final = 5.0

FELT_N: Final = 1.25
"""From here on the skin is felt for certain: five times the error of a load cell's zero and noise
above CONTACT_N. Until then the press keeps the speed of an approach, and holds TOUCH_N."""

LEFT_N: Final = 0.75
"""Below this it is no longer: as far above the 0.5 N of a lost contact. Source of both: hazard
table, F3 and B1."""

FALLEN_MS: Final = 200
"""So long after a sudden fall of the order its ramp keeps beside the force felt; on stiff skin the
press has come back from it after 130 ms (simulated)."""

TURNING_N: Final = 0.5
"""A head that turns in contact goes on down to this; it starts at CONTACT_N."""

BLOCKED_BEATS: Final = 26
"""130 ms of a current that moves nothing; after 150 ms none may flow. Source: hazard table, M2."""

_SILENT_N: Final = 0.5
_RISE_MM: Final = RISE_MM_S * _STEP_S
_MM_PER_MS_CREEP: Final = PRESS_CREEP_MM_S * _STEP_S
_FRICTION_PER_MM: Final = PRESS_FRICTION_MA / _MM_PER_MS_CREEP
_N_PER_MA: Final = 1.0 / PRESS_MA_PER_N

# Force loop. Nominal stiffness grows with force as tissue does; a stiffer answer of the press
# lowers the gain at once. Crossover stays between 40 and 170 rad/s for 1 to 15 N/mm. The slope is
# what the press has to run at to follow a sole that rises under the rolling head.
_BANDWIDTH_1_S: Final = 80.0
_SLOPE_1_S: Final = 25.0
_SLOPE_GAIN: Final = _BANDWIDTH_1_S * _SLOPE_1_S * _STEP_S
_SLOPE_MAX_MM_S: Final = 20.0
_STIFFNESS_BASE: Final = 2.0
_STIFFNESS_PER_N: Final = 0.45
_STIFFNESS_MAX: Final = 40.0
_PROBE_MM: Final = 0.08
_LACKING_N: Final = 1.0
"""A load cell that loses more at once is answered no faster than one that loses this. With 3 N one
that lies by 3.5 N, within the comparison of both channels, pressed 3.66 N more within 50 ms, where
F3 allows 2.75; below 1 N the slope winds up. Podal proposal, unconfirmed on hardware."""


_ARRIVED_MM: Final = 2.0
_THERE_MM: Final = 0.02
_CARRIAGE_GAIN_1_S: Final = 30.0
_CARRIAGE_BRAKE_MM_S2: Final = 2000.0
_BRAKING_MM_S: Final = _CARRIAGE_BRAKE_MM_S2 / _CARRIAGE_GAIN_1_S
_CREEP_MM_S: Final = 5.0
_PRESS_BRAKE_MM_S2: Final = 4000.0


_LIFTED: Final = int(Motion.LIFTED)
_APPROACH: Final = int(Motion.APPROACH)
_PRESS: Final = int(Motion.PRESS)
_UNLOAD: Final = int(Motion.UNLOAD)


class Head:
    """Inner loops of one head.

    Args:
        wires: Its signals.

    Attributes:
        motion: A `Motion`.
        applied_n: Force obeyed now.
        limit_n: The device's own limit here.
        clamped: The device applies less than it is asked.
        blocked: The press draws its limit and gets nowhere, with nothing on it: jammed, or at an
            end of its way where its encoder does not see it. It is driven down no more.
        asked_n: What the set-point asks, by its force and its own limit.
        limits: Mask and ceiling in force, in memory that may fail.
        watch: What makes it let go by itself.
        drives: Whether the drives do what they are told.
        spin: The turning of the head.
        force_n: Channel A.
        force_b_n: Channel B: what the press current says.
        derate: Share of the limits that a warm motor leaves.
    """

    __slots__ = (
        "_approach_mm_s",
        "_arrived",
        "_blocked_beats",
        "_blocked_z_mm",
        "_cell",
        "_cell_limits",
        "_contact_z_mm",
        "_fallen_ms",
        "_gain",
        "_k_force_n",
        "_k_z_mm",
        "_n_per_ma",
        "_parked",
        "_parked_x_mm",
        "_parked_y_mm",
        "_press_mm_s",
        "_rise_n",
        "_slope_mm_s",
        "_stiffness",
        "_touching",
        "_z_mm",
        "_zero_b_n",
        "_zero_n",
        "applied_n",
        "asked_n",
        "blocked",
        "clamped",
        "derate",
        "drives",
        "feed_mm_s",
        "force_b_n",
        "force_n",
        "limit_n",
        "limits",
        "motion",
        "rise_n",
        "spin",
        "watch",
        "wires",
        "x_mm",
        "y_mm",
    )

    def __init__(self, wires: HeadWires) -> None:
        self.wires = wires
        self.motion = _LIFTED
        self.limits = no_limits()
        self._cell, self._cell_limits = -1, self.limits
        self._parked = self._arrived = False
        self._parked_x_mm, self._parked_y_mm = wires.x_mm, wires.y_mm
        self.blocked = False
        self._blocked_beats, self._blocked_z_mm = 0, wires.z_mm
        self.watch = Watch()
        self.drives = Drives(wires)
        self.spin = Spin(wires)
        self.derate = 1.0
        self.force_n = wires.force_a_n
        self.force_b_n = 0.0
        self._z_mm = wires.z_mm
        self._approach_mm_s, self._press_mm_s = _APPROACH_MM_S, _PRESS_MM_S
        self._rise_n = _RISE_N
        self._gain, self._zero_n = 1.0, 0.0
        self._n_per_ma, self._zero_b_n = _N_PER_MA, 0.0
        self.limit_n = 0.0
        self._contact_z_mm = 0.0
        self._stiffness = 0.0
        self.forget_order()
        self._forget_contact()

    def keep(self, table: LimitTable, cell: Calibration, current: Calibration) -> None:
        """Work by limits and calibrations of channel A and B that a technician has written."""
        self._approach_mm_s = min(table.approach_um_s / 1000.0, _APPROACH_MM_S)
        self._press_mm_s = min(table.press_um_s / 1000.0, _PRESS_MM_S)
        self._rise_n = min(table.rise_mn_s / 1000.0 * _STEP_S, _RISE_N)
        self._gain, self._zero_n = cell.gain_ppm * 1e-6, cell.zero_mn * 1e-3
        self._n_per_ma = _N_PER_MA * current.gain_ppm * 1e-6
        self._zero_b_n = current.zero_mn * 1e-3

    def forget_order(self) -> None:
        """Nothing is asked of this head any more."""
        self.asked_n = 0.0
        self.applied_n = 0.0
        self.clamped = False
        self.x_mm, self.y_mm = self.wires.x_mm, self.wires.y_mm
        self.feed_mm_s = 0.0
        self.rise_n = 0.0
        self.limit_n = 0.0
        self._cell = -1
        self.spin.asked_rpm = 0.0

    def _forget_contact(self) -> None:
        self.watch.forget()
        self._slope_mm_s = 0.0
        self._stiffness = 0.0
        self._touching = False
        self._fallen_ms = 0
        self._k_force_n, self._k_z_mm = 0.0, self.wires.z_mm

    def obey(self, target: BedTarget) -> None:
        """Take a new order."""
        x_mm, y_mm = target.x_um / 1000.0, target.y_um / 1000.0
        if x_mm != self.x_mm or y_mm != self.y_mm:
            self.x_mm, self.y_mm = x_mm, y_mm
            self._parked = False
        self.feed_mm_s = min(target.feed_um_s / 1000.0, _FEED_MM_S)
        self.asked_n = min(target.force_mn, target.limit_mn) / 1000.0
        self.rise_n = min(target.slew_mn_s / 1000.0 * _STEP_S, self._rise_n)
        self.spin.asked_rpm = target.spin_mrpm / 1000.0
        self.wires.vibration_hz = target.vibration_hz

    @property
    def clear(self) -> bool:
        """Off the skin for sure: force gone and well below where it was last felt, or right down.

        A head whose flag and encoder both say that it is down touches nothing, whatever its load
        cell says.
        """
        wires = self.wires
        z_mm = wires.z_mm
        if z_mm <= FLAG_Z_MM:
            return wires.z_flag or self.force_n < CLEAR_N
        return self.force_n < CLEAR_N and z_mm <= self._contact_z_mm - CLEAR_MM

    @property
    def down(self) -> bool:
        """Fully retracted, by flag and encoder."""
        wires = self.wires
        return wires.z_flag and wires.z_mm <= FLAG_Z_MM

    @property
    def felt_n(self) -> float:
        """Channel A now, calibrated."""
        return self.wires.force_a_n * self._gain - self._zero_n

    @property
    def lifted(self) -> bool:
        """Neither pressing nor on its way to or from the skin."""
        return self.motion == _LIFTED

    @property
    def in_mask(self) -> bool:
        """The mask allows pressing at the head's middle."""
        wires = self.wires
        cell = int(wires.y_mm * PER_MM) * COLS + int(wires.x_mm * PER_MM)
        return 0 <= cell < CELLS and self.limits.here_mn[cell] > 0

    def unload(self) -> None:
        """One step of letting go; the carriage stands until the head is clear."""
        wires = self.wires
        self.force_n = self.felt_n
        wires.vibration_hz = 0
        self._let_go(wires)

    def stand(self) -> None:
        """One step of a head that has let go and waits for a person: ordered nowhere.

        Its encoder may be what failed, so it is not driven down by it for as long as that takes.
        """
        wires = self.wires
        self.force_n = self.felt_n
        self.spin.rest()
        wires.x_speed_mm_s = wires.y_speed_mm_s = wires.z_speed_mm_s = 0.0
        wires.vibration_hz = 0

    def switch_off(self) -> None:
        """Order nothing at all: without power the press opens by itself."""
        wires = self.wires
        wires.enabled = wires.homing = False
        wires.x_speed_mm_s = wires.y_speed_mm_s = wires.z_speed_mm_s = 0.0
        wires.spin_order_rpm = 0.0
        wires.vibration_hz = 0
        self.applied_n = 0.0
        self.motion = _LIFTED
        self.blocked = False
        self._blocked_beats = 0
        self.spin.backing = False

    def rest(self) -> None:
        """A new home has been found, or power has come back: nothing of before holds."""
        self.motion = _LIFTED
        self.blocked = False
        self._blocked_beats = 0
        self._z_mm = self.wires.z_mm
        self.drives.forget()
        self._forget_contact()

    def beat(self) -> Trip:
        """Every 5 ms: watch what need not be watched each millisecond; return what trips."""
        wires = self.wires
        press_ma = wires.press_ma
        if (press_ma > STALL_MA or press_ma < -STALL_MA) and self.force_n < CONTACT_N:
            self._judge_blocked(wires.z_mm)
        else:
            self._blocked_beats = 0
        if -GONE_MA < press_ma < GONE_MA:
            trip = self.drives.judge_power()
        else:
            trip = self.drives.judge_press(wires.z_speed_mm_s, wires.z_mm)
        if trip:
            return trip
        motion = self.motion
        if motion == _LIFTED:
            spare_ma = press_ma - IDLE_MA if wires.z_speed_mm_s == 0.0 else 0.0
            self.force_b_n = wires.force_b_n = spare_ma * self._n_per_ma - self._zero_b_n
        elif motion == _PRESS:
            trip = self.watch.judge_frozen(self.force_n, wires.z_mm) or self.watch.judge_jump(
                self.force_n, self.force_b_n, wires.z_speed_mm_s
            )
        if wires.spin_order_rpm:
            trip = trip or self.spin.judge(self.force_n)
        return trip

    def _judge_blocked(self, z_mm: float) -> None:
        way_mm = z_mm - self._blocked_z_mm
        if not self._blocked_beats or way_mm > STALL_WAY_MM or way_mm < -STALL_WAY_MM:
            self._blocked_z_mm = z_mm
            self._blocked_beats = 0
        self._blocked_beats += 1
        if self._blocked_beats >= BLOCKED_BEATS:
            self.blocked = True

    def slow_beat(self) -> Trip:
        """Every 10 ms: watch whether the drives get anywhere; return what trips."""
        return self.drives.judge(self.force_n, unloading=self.motion == _UNLOAD)

    def step(self, fresh: bool) -> Trip:  # noqa: C901, PLR0912 - a call costs at 1 kHz
        """One millisecond under the orders of the host; return what trips, usually nothing."""
        wires = self.wires
        self.force_n = force_n = wires.force_a_n * self._gain - self._zero_n
        if self._parked and self._undisturbed(wires, fresh):
            self.clamped = False
            return self.watch.judge_range(force_n)
        cell = int(wires.y_mm * PER_MM) * COLS + int(wires.x_mm * PER_MM)
        if cell != self._cell or self.limits is not self._cell_limits:
            trip = self._look_up(cell)
            if trip:
                return trip
        limit_n = self.limit_n
        wanted_n = self.asked_n if fresh else 0.0
        self.clamped = clamped = wanted_n > limit_n
        if clamped:
            wanted_n = limit_n
        motion = self.motion
        if motion == _LIFTED:
            self._stay_lifted(wires, wanted_n)
            return self.watch.judge_range(force_n)
        z_mm = wires.z_mm
        way_mm = z_mm - self._z_mm
        self._z_mm = z_mm
        spare_ma = wires.press_ma - IDLE_MA
        if way_mm > _MM_PER_MS_CREEP:
            spare_ma -= PRESS_FRICTION_MA
            if way_mm > _RISE_MM:
                trip = self.drives.judge_rise(way_mm)
                if trip:
                    return trip
        elif way_mm < -_MM_PER_MS_CREEP:
            spare_ma += PRESS_FRICTION_MA
        else:
            spare_ma -= way_mm * _FRICTION_PER_MM
        self.force_b_n = wires.force_b_n = force_b_n = spare_ma * self._n_per_ma - self._zero_b_n
        if motion == _PRESS:
            if wanted_n > 0.0:
                self._press(wires, force_n, wanted_n)
            else:
                self._let_go(wires)
            return self.watch.judge(wires, force_n, force_b_n, motion)
        if motion == _UNLOAD or wanted_n <= 0.0:
            self._let_go(wires)
            if force_n < _SILENT_N:
                return self.watch.judge_range(force_n)
        else:
            self._approach(wires, force_n, wanted_n)
            if wires.z_mm >= _TOP_MM:
                return Trip.CONTACT_LOST  # it has felt no skin all the way up
            if force_n < _SILENT_N and force_b_n < DISAGREE_N:
                return self.watch.judge_range(force_n)
        return self.watch.judge(wires, force_n, force_b_n, motion)

    def _undisturbed(self, wires: HeadWires, fresh: bool) -> bool:
        """Nothing is asked of a parked head, and nothing has changed since it was parked."""
        if wires.z_mm > 0.0 or (fresh and self.asked_n > 0.0):
            return False
        if self._cell < 0 or self.limits is not self._cell_limits:
            return False
        return self._arrived or (
            self.feed_mm_s == 0.0
            and wires.z_flag
            and wires.x_mm == self._parked_x_mm
            and wires.y_mm == self._parked_y_mm
        )

    def _look_up(self, cell: int) -> Trip:
        """Take the limits of another cell out of memory that may fail."""
        if not 0 <= cell < CELLS:
            return Trip.POSITION_LOST
        limits = self.limits
        limit_mn, here_mn = limits.patch_mn[cell], limits.here_mn[cell]
        if limit_mn ^ limits.patch_not[cell] != WORD or here_mn ^ limits.here_not[cell] != WORD:
            return Trip.MEMORY
        self._cell, self._cell_limits = cell, limits
        self.limit_n = limit_mn * 0.001 * self.derate
        self.watch.enter(here_mn * 0.001, CEILING_N[cell // COLS])
        return Trip.NONE

    def warm(self, derate: float) -> None:
        """From now on a warm motor leaves this share of the limits."""
        if derate != self.derate:
            self.derate = derate
            self._cell = -1

    def _stay_lifted(self, wires: HeadWires, wanted_n: float) -> None:
        self.applied_n = 0.0
        away_mm = self._travel(wires, self.feed_mm_s)
        if wanted_n > 0.0 and away_mm <= _ARRIVED_MM:
            self._forget_contact()
            self._z_mm = wires.z_mm
            self.drives.turn_round()
            self.motion = _APPROACH
            self.blocked = self._parked = False
            return
        self._lower(wires)
        self._arrived = away_mm < _THERE_MM
        self._parked = (self._arrived or self.feed_mm_s == 0.0) and wires.z_speed_mm_s == 0.0
        self._parked_x_mm, self._parked_y_mm = wires.x_mm, wires.y_mm

    def _approach(self, wires: HeadWires, force_n: float, wanted_n: float) -> None:
        self.applied_n = wanted_n if wanted_n < TOUCH_N else TOUCH_N
        self._travel(wires, min(self.feed_mm_s, _CREEP_MM_S))
        if wires.z_mm - self._k_z_mm > _PROBE_MM:
            self._learn_stiffness(wires, force_n)
        if force_n >= CONTACT_N:
            self.motion = _PRESS
            self._contact_z_mm = wires.z_mm
        if wanted_n < CONTACT_N and force_n >= 0.6 * wanted_n:
            # Less than a contact is asked: hold what there is, without travelling.
            self.motion = _PRESS
        wires.z_speed_mm_s = self._approach_mm_s

    def _press(  # noqa: C901, PLR0912, PLR0915 - calls cost at 1 kHz
        self, wires: HeadWires, force_n: float, wanted_n: float
    ) -> None:
        rising = 0.0
        before_n = self.applied_n
        if force_n < (LEFT_N if self._touching else FELT_N):
            self._touching = False
            # The ramp of the force begins on the skin, not in the air.
            before_n, wanted_n = min(before_n, TOUCH_N), min(wanted_n, TOUCH_N)
        else:
            self._touching = True
        if wanted_n < before_n - _LACKING_N:
            self._fallen_ms = FALLEN_MS
        elif self._fallen_ms:
            # Play and friction hold the press; a ramp that ran ahead is caught up with at once.
            self._fallen_ms -= 1
            before_n = min(before_n, force_n + _LACKING_N)
        if wanted_n > before_n:
            highest_n = before_n + self.rise_n
            if wanted_n > highest_n:  # noqa: PLR1730 - a call of min costs at 1 kHz
                wanted_n = highest_n
            rising = (wanted_n - before_n) / _STEP_S
        self.applied_n = wanted_n
        way_mm = wires.z_mm - self._k_z_mm
        if way_mm > _PROBE_MM or way_mm < -_PROBE_MM:
            self._learn_stiffness(wires, force_n)
        stiffness = _STIFFNESS_BASE + _STIFFNESS_PER_N * force_n
        if stiffness < self._stiffness:  # noqa: PLR1730
            stiffness = self._stiffness
        error_n = wanted_n - force_n
        if error_n > _LACKING_N:  # noqa: PLR1730
            error_n = _LACKING_N
        if force_n >= CONTACT_N:
            self._travel(wires, self.feed_mm_s)
            if self.spin.asked_rpm != wires.spin_order_rpm:
                self.spin.turn()
        else:
            self._travel(wires, min(self.feed_mm_s, _CREEP_MM_S))
            if force_n < TURNING_N:
                wires.spin_order_rpm = 0.0
        if force_n >= CONTACT_N and self._touching:
            slope = 0.995 * self._slope_mm_s
            if (
                wires.z_speed_mm_s < self._press_mm_s or error_n < 0.0
            ):  # a press at its limit learns none
                slope += error_n * _SLOPE_GAIN / stiffness
            if slope > _SLOPE_MAX_MM_S or slope < -_SLOPE_MAX_MM_S:
                slope = self._slope_mm_s
            self._slope_mm_s = slope
            most_mm_s = self._press_mm_s
        else:
            self._slope_mm_s = slope = 0.0
            most_mm_s = self._approach_mm_s
        speed = (error_n * _BANDWIDTH_1_S + rising) / stiffness + slope
        if speed > most_mm_s:  # noqa: PLR1730
            speed = most_mm_s
        if speed > 0.0 and (self.watch.held or wires.z_mm >= _TOP_MM):
            speed = self._slope_mm_s = 0.0
        wires.z_speed_mm_s = speed if speed > -_RETRACT_MM_S else -_RETRACT_MM_S
        if speed > self.drives.fastest_mm_s:
            self.drives.fastest_mm_s = speed
        elif speed < self.drives.slowest_mm_s:
            self.drives.slowest_mm_s = speed
        if force_n >= CLEAR_N:
            self._contact_z_mm = wires.z_mm
            self.watch.peak_n = max(force_n, self.watch.peak_n)

    def _learn_stiffness(self, wires: HeadWires, force_n: float) -> None:
        """Compare force and way of the press; a stiffer answer counts at once, a softer slowly."""
        way_mm = wires.z_mm - self._k_z_mm
        answer = (force_n - self._k_force_n) / way_mm
        self._k_force_n, self._k_z_mm = force_n, wires.z_mm
        if answer > self._stiffness:
            self._stiffness = min(answer, _STIFFNESS_MAX)
        else:
            self._stiffness += 0.05 * (answer - self._stiffness)

    def _let_go(self, wires: HeadWires) -> None:
        """Take the head off the skin; the carriage stands until it is clear."""
        self.applied_n = 0.0
        wires.x_speed_mm_s = wires.y_speed_mm_s = 0.0
        self.spin.rest()
        if self.motion != _LIFTED:
            if self.motion != _UNLOAD:
                self.motion = _UNLOAD
                self.drives.turn_round()
            if self.clear:
                self.motion = _LIFTED
                self.drives.turn_round()
                self._forget_contact()
            elif self.force_n >= CLEAR_N:
                self._contact_z_mm = wires.z_mm
        self._lower(wires)
        if wires.z_speed_mm_s < self.drives.slowest_mm_s:  # noqa: PLR1730
            self.drives.slowest_mm_s = wires.z_speed_mm_s

    def _lower(self, wires: HeadWires) -> None:
        """Go down to z = 0 as fast as can be braked; the encoder alone does not end it."""
        z_mm = wires.z_mm
        if self.blocked:
            wires.z_speed_mm_s = 0.0
            return
        if z_mm <= 0.0:
            wires.z_speed_mm_s = 0.0 if wires.z_flag else -_RETRACT_MM_S
            return
        brake = math.sqrt(2.0 * _PRESS_BRAKE_MM_S2 * z_mm) + 1.0
        wires.z_speed_mm_s = -brake if brake < _RETRACT_MM_S else -_RETRACT_MM_S

    def _travel(self, wires: HeadWires, feed_mm_s: float) -> float:
        """Order the carriage speed towards the target; return how far it still is."""
        dx, dy = self.x_mm - wires.x_mm, self.y_mm - wires.y_mm
        away_mm = math.sqrt(dx * dx + dy * dy)
        if away_mm < _THERE_MM:
            wires.x_speed_mm_s = wires.y_speed_mm_s = 0.0
            return away_mm
        speed = away_mm * _CARRIAGE_GAIN_1_S
        if speed > _BRAKING_MM_S:  # nearer, the gain is slower than the brake anyway
            speed = math.sqrt(_CARRIAGE_BRAKE_MM_S2 * away_mm)
        if speed > feed_mm_s:  # noqa: PLR1730 - a call of min costs at 1 kHz
            speed = feed_mm_s
        scale = speed / away_mm
        wires.x_speed_mm_s, wires.y_speed_mm_s = dx * scale, dy * scale
        return away_mm
