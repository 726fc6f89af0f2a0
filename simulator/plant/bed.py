"""One bed as it is: a head on its drives, a foot above it, and what the sensors make of it.

One step is one millisecond in plain floats; this is the innermost loop of every virtual run. The
truth stays in here; the wires get what sensors say of it.
"""

import math
from enum import IntFlag
from typing import Final

from simulator.plant.chance import NOISE_MASK, generator, scalar_noise
from simulator.plant.panel import PanelPlant
from simulator.plant.sole import BED_SKIN_MM, NO_SKIN, Cell, Sole, Stance
from simulator.plant.tissue import ADULT, Memory, elastic_n
from simulator.wires import (
    FLAG_X_MM,
    FLAG_Y_MM,
    FLAG_Z_MM,
    IDLE_MA,
    PRESS_CREEP_MM_S,
    PRESS_FRICTION_MA,
    PRESS_MA_PER_N,
    SPIN_IDLE_MNM,
    SPIN_MNM_PER_N,
    HeadWires,
)

HEAD_RADIUS_MM: Final = 20.0
X_RANGE_MM: Final[tuple[float, ...]] = (15.0, 145.0)
Y_RANGE_MM: Final[tuple[float, ...]] = (0.0, 310.0)
Z_MAX_MM: Final = 40.0
PARKED_MM: Final = 1.0
"""At power-on a head stands this near to the edges of its flags."""

ENCODER_ERROR_MM: Final = 4.0
"""An encoder may be wrong by this until it has been homed. Podal proposal, unmeasured."""

STEP_S: Final = 0.001
# Drives follow the ordered speed with a lag, and no faster than their ramp allows.
_PRESS_LAG: Final = STEP_S / 0.003
_PRESS_DV: Final = 5000.0 * STEP_S
_CARRIAGE_LAG: Final = STEP_S / 0.008
_CARRIAGE_DV: Final = 2500.0 * STEP_S
_SPIN_LAG: Final = STEP_S / 0.080

PRESS_KG: Final = 0.5
"""Head, screw and rotor as the press feels them. Source: impact figures of DOMAIN section 7."""

PLAY_MM: Final = 0.06
"""Backlash between the press motor, which carries the encoder, and the head."""

_INERTIA_MA: Final = PRESS_MA_PER_N * PRESS_KG
_FRICTION_MA_S_MM: Final = PRESS_FRICTION_MA / PRESS_CREEP_MM_S
_FRICTION_N: Final = PRESS_FRICTION_MA / PRESS_MA_PER_N
_STALL_ROOM_N: Final = 10.0
"""Further than this below its stall force, the ramp and not the force bounds a press."""

_LIMITED_MA: Final = 300.0
"""Below this no supply that still moves a press limits its current."""

_PASSIVE_MM_S: Final = -40.0
"""A spring opens the press when its driver is off: the screw can be driven back."""

LEG_N_PER_MM: Final = 5.0
"""Ankle and leg above the foot give 2-10 N/mm at 1-3 Hz; Podal proposal, unmeasured."""

_LEG_LAG: Final = STEP_S / 0.08
_RENEWAL_MM: Final = 20.0
"""Way after which the tissue under the head is another: about the width of its contact."""

CARRIAGE_FRICTION_MA: Final = 60.0
CARRIAGE_MA_PER_N: Final = 8.0
CARRIAGE_KG: Final = 1.5
CARRIAGE_LIMIT_MA: Final = 900.0
"""Current limit of a carriage driver: what a jammed one draws. Podal proposals, unmeasured."""

ROLLING_RATIO: Final = 0.1
"""Drag of the rolling head over its press: the loss of tissue. Podal proposal, unmeasured."""

_CARRIAGE_INERTIA_MA: Final = CARRIAGE_KG * CARRIAGE_MA_PER_N
_DRAG_MA_PER_N: Final = CARRIAGE_MA_PER_N * ROLLING_RATIO
_X_LEAST_MM: Final = X_RANGE_MM[0]
_X_MOST_MM: Final = X_RANGE_MM[1]
_Y_LEAST_MM: Final = Y_RANGE_MM[0]
_Y_MOST_MM: Final = Y_RANGE_MM[1]

SPIN_LIMIT_MNM: Final = 300.0
"""Most that the spin drive can turn: above the 171 mNm of the head under 60 N."""

LOAD_CELL_SD_N: Final = 0.04
LOAD_CELL_GAIN_SD: Final = 0.004
LOAD_CELL_BEND: Final = 0.002
"""Nonlinearity of a bar cell: least in the middle of its range."""

LOAD_CELL_ZERO_SD_N: Final = 0.03
LOAD_CELL_RANGE_N: Final = 100.0
_RIPPLE: Final = 0.15
_RIPPLES_PER_MM: Final = 64 / 2.0
_VIBRATION_MM: Final = 0.1


ROOM_C: Final = 24.0
MOTOR_K_PER_A2: Final = 61.0
"""Steady rise of the press motor's case: 30 K at 60 N, 60 K stalled. Podal proposal, unmeasured."""

MOTOR_TAU_S: Final = 120.0
SURFACE_SHARE: Final = 0.25
"""Part of the motor's rise that reaches the head; and of a spinning head's friction, 8 K for each
watt. Podal proposals, unmeasured."""

SURFACE_K_PER_W: Final = 8.0
SURFACE_TAU_S: Final = 300.0
NTC_SD_C: Final = 0.3
"""Error of a thermistor of 1 %, constant over a run."""

RUNAWAY_MM_S: Final = 60.0
"""Of a press whose bridge is shorted: no order slows it."""

_SPIN_NOISE: Final = 50.0
"""Torque noise 2 mNm, from the same record as the load cell's."""


class Trouble(IntFlag):
    """What can be wrong with the drives of a head; the bench switches it on.

    A jammed axis stands and draws its limit; a dead one neither pushes nor draws. In a jammed press
    the rotor is held by its own current, as by a phase that stays on; its spring opens it once the
    power is cut. That a press opens without power is what the hazard table asks of the hardware for
    rows A11 and A12, and no software can give; one wedged against its spring has two faults.
    """

    X_JAMMED = 1
    Y_JAMMED = 2
    PRESS_JAMMED = 4
    SPIN_JAMMED = 8
    X_DEAD = 16
    Y_DEAD = 32
    PRESS_DEAD = 64
    SPIN_DEAD = 128
    PRESS_RUNAWAY = 256
    BRIDGE_STUCK = 512


_X_JAMMED: Final = int(Trouble.X_JAMMED)
_Y_JAMMED: Final = int(Trouble.Y_JAMMED)
_PRESS_JAMMED: Final = int(Trouble.PRESS_JAMMED)
_SPIN_JAMMED: Final = int(Trouble.SPIN_JAMMED)
_BRIDGE_STUCK: Final = int(Trouble.BRIDGE_STUCK)


class BedPlant:
    """Head, drives, tissue and sensors of one bed.

    Args:
        wires: Signals to and from the firmware.
        panel: Where the motors get their supply.
        seed: Of this bed's chance.
        bed: 0 left, 1 right.
        encoder_error_mm: Each encoder is wrong by up to this until it is homed.

    Attributes:
        x_mm: True place of the head, bed frame.
        y_mm: As x_mm.
        z_mm: True height of the head, 0 = fully retracted.
        spin_rpm: True rotation.
        force_n: True force between head and sole.
        still: The head is down, touches nothing and does not move.
        foot_lift_mm: The person holds the foot this high over the bed.
        load_n: What the foot would put on the bed without the head.
        give_mm: How far the head has pushed the foot up.
        share_n: Force that the head can take over before the foot rises.
        foot_moving: The foot is on its way to or from the bed, slides or turns.
        single_foot: One foot and nothing else stands on the bed.
        saturated: Taxels that read full scale in the last scan, for the record.
        motor_c: True temperature of the press motor.
        surface_c: True temperature of the head's surface.
        spin_torque_mnm: True torque on the spin drive, without sign.
        spin_expected_mnm: What the friction of the head alone makes of it.
        troubles: `Trouble` bits, what is wrong with the drives.
        tangle_mnm: Torque of something that has wound itself round the turning head.
    """

    __slots__ = (
        "_a_gain",
        "_a_sample_n",
        "_a_slope",
        "_a_zero_n",
        "_cell",
        "_cos",
        "_drive_ma",
        "_elastic_n",
        "_memory",
        "_motor_off_c",
        "_motor_z_mm",
        "_noise",
        "_noise_at",
        "_panel",
        "_phase",
        "_ripple",
        "_shake_mm",
        "_sin",
        "_surface_off_c",
        "_vx",
        "_vy",
        "_vz",
        "_x_ma",
        "_x_off_mm",
        "_y_ma",
        "_y_off_mm",
        "_z_off_mm",
        "foot_lift_mm",
        "foot_moving",
        "force_n",
        "give_mm",
        "load_n",
        "motor_c",
        "saturated",
        "share_n",
        "single_foot",
        "sole",
        "spin_expected_mnm",
        "spin_rpm",
        "spin_torque_mnm",
        "stance",
        "still",
        "surface_c",
        "tangle_mnm",
        "troubles",
        "wires",
        "x_mm",
        "y_mm",
        "z_mm",
    )

    def __init__(
        self,
        wires: HeadWires,
        panel: PanelPlant,
        *,
        seed: int,
        bed: int,
        encoder_error_mm: float = ENCODER_ERROR_MM,
    ) -> None:
        self.wires = wires
        self._panel = panel
        source = generator(seed, 3, bed)
        self._noise = scalar_noise(source, LOAD_CELL_SD_N)
        self._noise_at = 0
        offset = float(source.uniform(0.0, math.tau))
        self._ripple = [
            1.0 + _RIPPLE * math.sin(math.tau * step / 64 + offset) for step in range(64)
        ]
        parts = generator(seed, 7, bed)
        gain = 1.0 + float(parts.normal(0.0, LOAD_CELL_GAIN_SD))
        self._a_gain = gain * (1.0 + LOAD_CELL_BEND)
        self._a_slope = -gain * LOAD_CELL_BEND / LOAD_CELL_RANGE_N
        self._a_zero_n = float(parts.normal(0.0, LOAD_CELL_ZERO_SD_N))
        self._a_sample_n = self._a_zero_n
        self.x_mm = FLAG_X_MM + float(parts.uniform(-PARKED_MM, PARKED_MM))
        self.y_mm = FLAG_Y_MM + float(parts.uniform(-PARKED_MM, PARKED_MM))
        self.z_mm = 0.0
        self._motor_z_mm = 0.0
        error_mm: list[float] = (parts.uniform(-1.0, 1.0, size=3) * encoder_error_mm).tolist()
        self._x_off_mm, self._y_off_mm, self._z_off_mm = error_mm
        self._motor_off_c = float(parts.normal(0.0, NTC_SD_C))
        self._surface_off_c = float(parts.normal(0.0, NTC_SD_C))
        self._vx = self._vy = self._vz = 0.0
        self._drive_ma = 0.0
        self._x_ma = self._y_ma = 0.0
        self._phase = 0.0
        self._shake_mm = 0.0
        self._cell: Cell = NO_SKIN
        self._elastic_n = 0.0
        self._sin, self._cos = 0.0, 1.0
        self._memory = Memory(ADULT)
        self.still = True
        self.sole: Sole | None = None
        self.stance: Stance | None = None
        self.spin_rpm = 0.0
        self.spin_torque_mnm = 0.0
        self.spin_expected_mnm = 0.0
        self.force_n = 0.0
        self.foot_lift_mm = 0.0
        self.give_mm = 0.0
        self.load_n = 0.0
        self.share_n = 0.0
        self.foot_moving = False
        self.single_foot = False
        self.saturated = 0
        self.motor_c = self.surface_c = ROOM_C
        self.troubles = 0
        self.tangle_mnm = 0.0
        self._rest(wires, 0.0)

    @property
    def gap_mm(self) -> float:
        """Head to skin, negative in contact."""
        skin_mm = BED_SKIN_MM + self._cell[0] + self.foot_lift_mm + self.give_mm
        return skin_mm - self.z_mm - self._shake_mm

    @property
    def depth_mm(self) -> float:
        """True indentation, 0 out of contact."""
        gap_mm = self.gap_mm
        return -gap_mm if gap_mm < 0.0 else 0.0

    @property
    def bed_n(self) -> float:
        """True load on the bed, head included."""
        over_n = self.force_n - self.share_n
        return self.load_n + (over_n if over_n > 0.0 else 0.0)

    @property
    def speed(self) -> tuple[float, float]:
        """True speed of the carriage along x and y [mm/s]."""
        return self._vx, self._vy

    @property
    def powered(self) -> bool:
        """The drives of this head can move it."""
        on = self.wires.enabled or self.troubles & _BRIDGE_STUCK != 0
        return on and self._panel.live

    def put_foot(self, sole: Sole, stance: Stance) -> None:
        """A foot stands on (or hovers over) this bed from now on."""
        if sole is not self.sole:
            self._memory = Memory(sole.build.ageing)
        self.sole, self.stance = sole, stance
        turn = math.radians(stance.axis_deg)
        self._sin, self._cos = math.sin(turn), math.cos(turn)
        self._cell = sole.at(*self.foot_point())

    def live_on(self, seconds: float) -> None:
        """Warm and cool over some milliseconds, at the current of their end."""
        wires = self.wires
        current_a = wires.press_ma * 1e-3
        motor_k = self.motor_c - ROOM_C
        heat_k = MOTOR_K_PER_A2 * current_a * current_a
        self.motor_c += (heat_k - motor_k) * (seconds / MOTOR_TAU_S)
        surface_k = SURFACE_SHARE * motor_k - (self.surface_c - ROOM_C)
        if self.spin_rpm:
            watts = self.spin_torque_mnm * 1e-3 * abs(self.spin_rpm) * (math.tau / 60.0)
            surface_k += SURFACE_K_PER_W * watts
        self.surface_c += surface_k * (seconds / SURFACE_TAU_S)

    def foot_point(self) -> tuple[float, float]:
        """Return where the head is, in the foot's own frame (along, across) mm."""
        stance = self.stance
        if stance is None:
            return math.inf, math.inf
        dx, dy = self.x_mm - stance.heel_x_mm, self.y_mm - stance.heel_y_mm
        return (
            dx * self._sin + dy * self._cos,
            (dx * self._cos - dy * self._sin) * stance.lateral,
        )

    def step(self) -> None:
        """Advance by one millisecond."""
        wires = self.wires
        if wires.enabled and self._panel.live and not self.troubles:
            idle_ma = IDLE_MA
            order = wires.z_speed_mm_s
            x_order, y_order = wires.x_speed_mm_s, wires.y_speed_mm_s
            spin_order = wires.spin_order_rpm
            hertz = wires.vibration_hz
        else:
            idle_ma, order, x_order, y_order, spin_order, hertz = self._other_orders(wires)
        if self.still and not (order or x_order or y_order or spin_order or hertz):
            self._rest(wires, idle_ma)
        else:
            if self._vz != 0.0 or order != 0.0:
                self._move_press(order)
            else:
                self._drive_ma = 0.0
            moved_mm = 0.0
            if self._vx != 0.0 or self._vy != 0.0 or x_order != 0.0 or y_order != 0.0:
                moved_mm = self._roll(x_order, y_order)
            if hertz or self._shake_mm:
                self._vibrate(hertz)
            self._press_skin(wires, moved_mm, idle_ma)
            if spin_order != 0.0 or self.spin_rpm != 0.0:
                self._turn(spin_order, self.force_n)
        wires.motor_c = self.motor_c + self._motor_off_c
        wires.surface_c = self.surface_c + self._surface_off_c

    def _rest(self, wires: HeadWires, idle_ma: float) -> None:
        """One step of a parked head; the sensors say the same with other noise."""
        self._memory.rest()
        self._noise_at = at = (self._noise_at + 1) & NOISE_MASK
        wires.force_a_n = self._a_sample_n
        self._a_sample_n = self._a_zero_n + self._noise[at]
        wires.spin_mnm = wires.spin_rpm = 0.0
        wires.press_ma = wires.x_ma = wires.y_ma = idle_ma
        x_mm, y_mm = self.x_mm, self.y_mm
        wires.x_mm, wires.y_mm = x_mm + self._x_off_mm, y_mm + self._y_off_mm
        wires.z_mm = self._z_off_mm
        wires.x_flag, wires.y_flag = x_mm < FLAG_X_MM, y_mm < FLAG_Y_MM
        wires.z_flag = True

    def _press_skin(self, wires: HeadWires, moved_mm: float, idle_ma: float) -> None:
        """Find the force of the moment, and let force and place be sensed."""
        z_mm = self.z_mm
        depth_mm = z_mm - BED_SKIN_MM - self._cell[0] - self.foot_lift_mm - self.give_mm
        if self._shake_mm:
            depth_mm += self._shake_mm
        if depth_mm > 0.0 or self._elastic_n > 0.0 or self.give_mm > 0.0:
            self.force_n = force_n = self._touch(depth_mm, moved_mm)
            self.still = False
        else:
            self.force_n = force_n = 0.0
            self._memory.rest()
            self.still = (
                self._motor_z_mm <= 0.0
                and self._vx == 0.0
                and self._vy == 0.0
                and self.spin_rpm == 0.0
            )
        self._noise_at = at = (self._noise_at + 1) & NOISE_MASK
        wires.force_a_n = self._a_sample_n
        self._a_sample_n = (
            force_n * (self._a_gain + self._a_slope * force_n) + self._a_zero_n + self._noise[at]
        )
        felt_n = force_n * self._ripple[int(z_mm * _RIPPLES_PER_MM) & 63]
        if idle_ma:
            ma = self._drive_ma + PRESS_MA_PER_N * felt_n
            if ma > _LIMITED_MA or ma < -_LIMITED_MA:
                limit_ma = self._panel.stall_n * PRESS_MA_PER_N
                ma = max(min(ma, limit_ma), -limit_ma)
            wires.press_ma = idle_ma + ma
            wires.x_ma, wires.y_ma = idle_ma + self._x_ma, idle_ma + self._y_ma
        else:
            wires.press_ma = wires.x_ma = wires.y_ma = 0.0
        x_mm, y_mm, z_mm = self.x_mm, self.y_mm, self._motor_z_mm
        wires.x_mm, wires.y_mm = x_mm + self._x_off_mm, y_mm + self._y_off_mm
        wires.z_mm = z_mm + self._z_off_mm
        wires.x_flag, wires.y_flag = x_mm < FLAG_X_MM, y_mm < FLAG_Y_MM
        wires.z_flag = z_mm < FLAG_Z_MM

    def _other_orders(self, wires: HeadWires) -> tuple[float, float, float, float, float, int]:
        """Return idle current and orders where power is off or something is wrong."""
        passive = _PASSIVE_MM_S if self._motor_z_mm > 0.0 else 0.0
        if not self.powered:
            return 0.0, passive, 0.0, 0.0, 0.0, 0
        troubles = Trouble(self.troubles)
        order = wires.z_speed_mm_s
        if Trouble.PRESS_RUNAWAY in troubles:
            order = RUNAWAY_MM_S
        elif Trouble.PRESS_DEAD in troubles:
            order = passive
        return (
            IDLE_MA,
            order,
            0.0 if Trouble.X_DEAD in troubles else wires.x_speed_mm_s,
            0.0 if Trouble.Y_DEAD in troubles else wires.y_speed_mm_s,
            0.0 if Trouble.SPIN_DEAD in troubles else wires.spin_order_rpm,
            wires.vibration_hz,
        )

    def _move_press(self, order: float) -> None:  # noqa: C901 - a call costs at 1 kHz
        vz = self._vz
        stall_n = self._panel.stall_n
        change = (order - vz) * _PRESS_LAG
        if change > _PRESS_DV:
            change = _PRESS_DV
        elif change < -_PRESS_DV:
            change = -_PRESS_DV
        if self.force_n > stall_n - _STALL_ROOM_N:
            most = (stall_n - self.force_n - _FRICTION_N) / PRESS_KG
            change = max(min(change, most), -_PRESS_DV)
        jammed = self.troubles & _PRESS_JAMMED != 0 and self.powered
        if jammed:
            vz = change = 0.0
        vz += change
        before_mm = self._motor_z_mm
        motor_mm = before_mm + vz * STEP_S
        if motor_mm <= 0.0 or motor_mm >= Z_MAX_MM:
            motor_mm, vz = (0.0 if motor_mm <= 0.0 else Z_MAX_MM), 0.0
            if (order > 0.0) is (motor_mm == 0.0) and not jammed:
                order = 0.0  # it has come to its end, and is told to leave it
        self._vz, self._motor_z_mm = vz, motor_mm
        if -PRESS_CREEP_MM_S < vz < PRESS_CREEP_MM_S:
            self._drive_ma = _INERTIA_MA * change + _FRICTION_MA_S_MM * vz
            if vz == 0.0 and order != 0.0:  # at an end of its way, or jammed
                self._drive_ma = math.copysign(math.inf, order)
        else:
            friction_ma = PRESS_FRICTION_MA if vz > 0.0 else -PRESS_FRICTION_MA
            self._drive_ma = _INERTIA_MA * change + friction_ma
        slack_mm = motor_mm - self.z_mm
        if slack_mm < 0.0:
            self.z_mm = motor_mm
        elif slack_mm > PLAY_MM:
            self.z_mm = motor_mm - PLAY_MM
        if self.wires.homing:
            self._pass_z_flag(before_mm)

    def _roll(self, x_order: float, y_order: float) -> float:
        """Move the carriage, look up the skin there, and return the way."""
        vx, vy = _follow(self._vx, x_order), _follow(self._vy, y_order)
        if self.troubles:
            vx = 0.0 if self.troubles & _X_JAMMED else vx
            vy = 0.0 if self.troubles & _Y_JAMMED else vy
        old_x_mm, old_y_mm = self.x_mm, self.y_mm
        x_mm, y_mm = old_x_mm + vx * STEP_S, old_y_mm + vy * STEP_S
        if x_mm < _X_LEAST_MM or x_mm > _X_MOST_MM:
            x_mm, vx = old_x_mm, 0.0
        if y_mm < _Y_LEAST_MM or y_mm > _Y_MOST_MM:
            y_mm, vy = old_y_mm, 0.0
        free_ma = CARRIAGE_FRICTION_MA + _DRAG_MA_PER_N * self.force_n
        if vx != 0.0:
            change = vx - self._vx
            self._x_ma = free_ma + _CARRIAGE_INERTIA_MA * (change if change > 0.0 else -change)
        else:
            self._x_ma = CARRIAGE_LIMIT_MA if x_order else 0.0
        if vy != 0.0:
            change = vy - self._vy
            self._y_ma = free_ma + _CARRIAGE_INERTIA_MA * (change if change > 0.0 else -change)
        else:
            self._y_ma = CARRIAGE_LIMIT_MA if y_order else 0.0
        self._vx, self._vy = vx, vy
        self.x_mm, self.y_mm = x_mm, y_mm
        if self.wires.homing:
            self._pass_flags(old_x_mm, old_y_mm)
        stance, sole = self.stance, self.sole
        if sole is not None and stance is not None:
            dx, dy = x_mm - stance.heel_x_mm, y_mm - stance.heel_y_mm
            self._cell = sole.at(
                dx * self._sin + dy * self._cos,
                (dx * self._cos - dy * self._sin) * stance.lateral,
            )
        return math.sqrt(vx * vx + vy * vy) * STEP_S

    def _pass_z_flag(self, old_mm: float) -> None:
        if (old_mm < FLAG_Z_MM) != (self._motor_z_mm < FLAG_Z_MM):
            self._z_off_mm = 0.0

    def _pass_flags(self, old_x_mm: float, old_y_mm: float) -> None:
        """An encoder that is being homed takes the place of its flag's edge as that goes by."""
        if (old_x_mm < FLAG_X_MM) != (self.x_mm < FLAG_X_MM):
            self._x_off_mm = 0.0
        if (old_y_mm < FLAG_Y_MM) != (self.y_mm < FLAG_Y_MM):
            self._y_off_mm = 0.0

    def _touch(self, depth_mm: float, moved_mm: float) -> float:
        """Return the force of tissue, and let the foot rise where it asks more than its share."""
        _, k, thickness_mm = self._cell
        self._elastic_n = elastic = elastic_n(depth_mm, k, thickness_mm)
        force_n = self._memory.advance(elastic, moved_mm / _RENEWAL_MM)
        over_n = force_n - self.share_n
        if over_n > 0.0:
            self.give_mm += (over_n / LEG_N_PER_MM - self.give_mm) * _LEG_LAG
        elif self.give_mm:
            give_mm = self.give_mm * (1.0 - _LEG_LAG)
            self.give_mm = give_mm if give_mm > 1e-4 else 0.0
        return force_n

    def _vibrate(self, hertz: int) -> None:
        self._phase = phase = (self._phase + math.tau * hertz * STEP_S) % math.tau
        self._shake_mm = _VIBRATION_MM * math.sin(phase) if hertz else 0.0

    def _turn(self, order_rpm: float, force_n: float) -> None:
        """Turn the head against its friction and whatever has wound itself up."""
        wires = self.wires
        expected_mnm = SPIN_IDLE_MNM + SPIN_MNM_PER_N * force_n
        torque_mnm = expected_mnm + self.tangle_mnm
        if self.troubles & _SPIN_JAMMED:
            torque_mnm = math.inf
            self.spin_rpm = 0.0
        if torque_mnm > SPIN_LIMIT_MNM:
            torque_mnm = SPIN_LIMIT_MNM
            error = -self.spin_rpm
        else:
            error = order_rpm - self.spin_rpm
        self.spin_rpm = rpm = self.spin_rpm + (error * _SPIN_LAG if abs(error) > 0.01 else error)
        wires.spin_rpm = rpm
        if rpm == 0.0 and order_rpm == 0.0:
            self.spin_expected_mnm = self.spin_torque_mnm = wires.spin_mnm = 0.0
            return
        self.spin_expected_mnm, self.spin_torque_mnm = expected_mnm, torque_mnm
        wires.spin_mnm = math.copysign(torque_mnm, rpm or order_rpm) + (
            _SPIN_NOISE * self._noise[self._noise_at - 1]
        )


def _follow(speed: float, order: float) -> float:
    """Return the speed of a carriage drive one step later."""
    error = order - speed
    if -0.01 < error < 0.01:
        return order
    change = error * _CARRIAGE_LAG
    if change > _CARRIAGE_DV:
        return speed + _CARRIAGE_DV
    if change < -_CARRIAGE_DV:
        return speed - _CARRIAGE_DV
    return speed + change
