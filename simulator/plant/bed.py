"""One bed as it is: a head on three drives, a foot above it, and what the sensors make of it.

One step is one millisecond in plain floats; this is the innermost loop of every virtual run.
"""

import math
from typing import Final

from simulator.plant.chance import NOISE_MASK, generator, scalar_noise
from simulator.plant.sole import BED_SKIN_MM, FAR_MM, NO_SKIN, Cell, Sole, Stance
from simulator.plant.tissue import ADULT, Memory, elastic_n
from simulator.wires import HeadWires

HEAD_RADIUS_MM: Final = 20.0
X_RANGE_MM: Final = (15.0, 145.0)
Y_RANGE_MM: Final = (0.0, 310.0)
Z_MAX_MM: Final = 40.0

STEP_S: Final = 0.001
# Drives follow the ordered speed with a lag, and no faster than their force allows.
_PRESS_LAG: Final = STEP_S / 0.003
_PRESS_DV: Final = 5000.0 * STEP_S
_CARRIAGE_LAG: Final = STEP_S / 0.008
_CARRIAGE_DV: Final = 2500.0 * STEP_S
_SPIN_LAG: Final = STEP_S / 0.080

_PASSIVE_MM_S: Final = -40.0
"""A spring opens the press when its driver is off: the screw can be driven back."""

LEG_N_PER_MM: Final = 5.0
"""Ankle and leg above the foot give 2-10 N/mm at 1-3 Hz; Podal proposal, unmeasured."""

_LEG_LAG: Final = STEP_S / 0.08
_RENEWAL_MM: Final = 20.0
"""Way after which the tissue under the head is another: about the width of its contact."""

LOAD_CELL_SD_N: Final = 0.04
_RIPPLE: Final = 0.15
_RIPPLES_PER_MM: Final = 64 / 2.0
_VIBRATION_MM: Final = 0.1


class BedPlant:
    """Head, drives, tissue and load cell of one bed.

    Args:
        wires: Signals to and from the firmware.
        seed: Of this bed's noise.
        bed: 0 left, 1 right.

    Attributes:
        force_n: True force between head and sole.
        gap_mm: Head to skin, negative in contact.
        foot_lift_mm: The person holds the foot this high over the bed.
        load_n: What the foot would put on the bed without the head.
        give_mm: How far the head has pushed the foot up.
        share_n: Force that the head can take over before the foot rises.
        foot_moving: The foot is on its way to or from the bed.
        saturated: Taxels at full scale in the last scan, for the record.
    """

    __slots__ = (
        "_cell",
        "_cos",
        "_elastic_n",
        "_memory",
        "_noise",
        "_noise_at",
        "_phase",
        "_ripple",
        "_sin",
        "_vx",
        "_vy",
        "_vz",
        "foot_lift_mm",
        "foot_moving",
        "force_n",
        "gap_mm",
        "give_mm",
        "load_n",
        "saturated",
        "share_n",
        "sole",
        "stance",
        "wires",
    )

    def __init__(self, wires: HeadWires, *, seed: int, bed: int) -> None:
        self.wires = wires
        source = generator(seed, 3, bed)
        self._noise = scalar_noise(source, LOAD_CELL_SD_N)
        self._noise_at = 0
        offset = float(source.uniform(0.0, math.tau))
        self._ripple = [
            1.0 + _RIPPLE * math.sin(math.tau * step / 64 + offset) for step in range(64)
        ]
        self._vx = self._vy = self._vz = 0.0
        self._phase = 0.0
        self._cell: Cell = NO_SKIN
        self._elastic_n = 0.0
        self._sin, self._cos = 0.0, 1.0
        self._memory = Memory(ADULT)
        self.sole: Sole | None = None
        self.stance: Stance | None = None
        self.force_n = 0.0
        self.gap_mm = FAR_MM
        self.foot_lift_mm = 0.0
        self.give_mm = 0.0
        self.load_n = 0.0
        self.share_n = 0.0
        self.foot_moving = False
        self.saturated = 0

    @property
    def depth_mm(self) -> float:
        """True indentation, 0 out of contact."""
        return -self.gap_mm if self.gap_mm < 0.0 else 0.0

    def put_foot(self, sole: Sole, stance: Stance) -> None:
        """A foot stands on (or hovers over) this bed from now on."""
        self.sole, self.stance = sole, stance
        turn = math.radians(stance.axis_deg)
        self._sin, self._cos = math.sin(turn), math.cos(turn)
        self._memory = Memory(sole.build.ageing)
        self._cell = sole.at(*self.foot_point())

    def foot_point(self) -> tuple[float, float]:
        """Return where the head is, in the foot's own frame (along, across) mm."""
        stance = self.stance
        if stance is None:
            return math.inf, math.inf
        dx, dy = self.wires.x_mm - stance.heel_x_mm, self.wires.y_mm - stance.heel_y_mm
        return (
            dx * self._sin + dy * self._cos,
            (dx * self._cos - dy * self._sin) * stance.lateral,
        )

    def step(self) -> None:
        """Advance by one millisecond."""
        wires = self.wires
        order = wires.z_speed_mm_s if wires.enabled else _PASSIVE_MM_S
        if self._vz != 0.0 or order > 0.0 or wires.z_mm > 0.0:
            self._move_press(wires, order)
        moved_mm = 0.0
        if self._vx or self._vy or wires.x_speed_mm_s or wires.y_speed_mm_s != 0.0:
            moved_mm = self._roll(wires)
        gap_mm = BED_SKIN_MM + self._cell[0] + self.foot_lift_mm + self.give_mm - wires.z_mm
        if wires.vibration_hz:
            gap_mm -= self._vibrate(wires.vibration_hz)
        self.gap_mm = gap_mm
        if gap_mm < 0.0 or self._elastic_n > 0.0 or self.give_mm > 0.0:
            self.force_n = force_n = self._touch(-gap_mm, moved_mm)
        else:
            self.force_n = force_n = 0.0
            self._memory.rest()
        self._noise_at = at = (self._noise_at + 1) & NOISE_MASK
        wires.force_a_n = force_n + self._noise[at]
        wires.force_b_n = force_n * self._ripple[int(wires.z_mm * _RIPPLES_PER_MM) & 63]
        if wires.spin_rpm != wires.spin_order_rpm:
            error = wires.spin_order_rpm - wires.spin_rpm
            wires.spin_rpm += error * _SPIN_LAG if abs(error) > 0.01 else error

    def _move_press(self, wires: HeadWires, order: float) -> None:
        change = (order - self._vz) * _PRESS_LAG
        if change > _PRESS_DV:
            change = _PRESS_DV
        elif change < -_PRESS_DV:
            change = -_PRESS_DV
        vz = self._vz + change
        z_mm = wires.z_mm + vz * STEP_S
        if z_mm <= 0.0:
            z_mm, vz = 0.0, 0.0
        elif z_mm >= Z_MAX_MM:
            z_mm, vz = Z_MAX_MM, 0.0
        self._vz, wires.z_mm = vz, z_mm

    def _roll(self, wires: HeadWires) -> float:
        """Move the carriage, look up the skin there, and return the way."""
        on = wires.enabled
        vx = _follow(self._vx, wires.x_speed_mm_s if on else 0.0)
        vy = _follow(self._vy, wires.y_speed_mm_s if on else 0.0)
        x_mm, y_mm = wires.x_mm + vx * STEP_S, wires.y_mm + vy * STEP_S
        if not X_RANGE_MM[0] <= x_mm <= X_RANGE_MM[1]:
            x_mm, vx = wires.x_mm, 0.0
        if not Y_RANGE_MM[0] <= y_mm <= Y_RANGE_MM[1]:
            y_mm, vy = wires.y_mm, 0.0
        wires.x_mm, wires.y_mm = x_mm, y_mm
        self._vx, self._vy = vx, vy
        sole, stance = self.sole, self.stance
        if sole is not None and stance is not None:
            dx, dy = x_mm - stance.heel_x_mm, y_mm - stance.heel_y_mm
            self._cell = sole.at(
                dx * self._sin + dy * self._cos,
                (dx * self._cos - dy * self._sin) * stance.lateral,
            )
        return math.sqrt(vx * vx + vy * vy) * STEP_S

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

    def _vibrate(self, hertz: int) -> float:
        self._phase = phase = (self._phase + math.tau * hertz * STEP_S) % math.tau
        return _VIBRATION_MM * math.sin(phase)


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
