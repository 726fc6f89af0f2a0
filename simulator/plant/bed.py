"""One bed as it is: a head on three drives, a foot above it, and what the sensors make of it.

One step is one millisecond in plain floats; this is the innermost loop of every virtual run.
"""

import math
from typing import Final

from simulator.plant.chance import ScalarNoise, generator
from simulator.plant.sole import BED_SKIN_MM, FAR_MM, NO_SKIN, Cell, Sole, Stance
from simulator.plant.tissue import Memory, elastic_n
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
_RIPPLE: Final = 0.12
_RIPPLE_SD: Final = 0.015
_RIPPLE_PERIOD_MM: Final = 2.0
_VIBRATION_MM: Final = 0.1


class BedPlant:
    """Head, drives, tissue and load cell of one bed.

    Args:
        wires: Signals to and from the firmware.
        seed: Of this bed's noise.
        bed: 0 left, 1 right.

    Attributes:
        force_n: True force between head and sole.
        depth_mm: True indentation, 0 out of contact.
        gap_mm: Head to skin, negative in contact.
        foot_lift_mm: The person holds the foot this high over the bed.
        load_n: What the foot would put on the bed without the head.
        give_mm: How far the head has pushed the foot up.
        share_n: Force that the head can take over before the foot rises.
        foot_moving: The foot is on its way to or from the bed.
        saturated: Taxels at full scale in the last scan, for the record.
    """

    __slots__ = (
        "_at",
        "_cell",
        "_cos",
        "_elastic",
        "_noise",
        "_phase",
        "_ripple",
        "_ripple_noise",
        "_sin",
        "_vx",
        "_vy",
        "_vz",
        "depth_mm",
        "foot_lift_mm",
        "foot_moving",
        "force_n",
        "gap_mm",
        "give_mm",
        "load_n",
        "memory",
        "saturated",
        "share_n",
        "sole",
        "stance",
        "wires",
    )

    def __init__(self, wires: HeadWires, *, seed: int, bed: int) -> None:
        self.wires = wires
        source = generator(seed, 3, bed)
        self._noise = ScalarNoise(source, LOAD_CELL_SD_N)
        self._ripple_noise = ScalarNoise(source, _RIPPLE_SD)
        offset = float(source.uniform(0.0, math.tau))
        self._ripple = [
            1.0 + _RIPPLE * math.sin(math.tau * step / 64 + offset) for step in range(64)
        ]
        self._vx = self._vy = self._vz = 0.0
        self._phase = 0.0
        self._cell: Cell = NO_SKIN
        self._at = (math.inf, math.inf)
        self._elastic = 0.0
        self.sole: Sole | None = None
        self.stance: Stance | None = None
        self._sin, self._cos = 0.0, 1.0
        self.memory: Memory | None = None
        self.force_n = 0.0
        self.depth_mm = 0.0
        self.gap_mm = FAR_MM
        self.foot_lift_mm = 0.0
        self.give_mm = 0.0
        self.load_n = 0.0
        self.share_n = 0.0
        self.foot_moving = False
        self.saturated = 0

    def put_foot(self, sole: Sole, stance: Stance) -> None:
        """A foot stands on (or hovers over) this bed from now on."""
        self.sole, self.stance = sole, stance
        turn = math.radians(stance.axis_deg)
        self._sin, self._cos = math.sin(turn), math.cos(turn)
        self.memory = Memory(sole.build.ageing)
        self._at = (math.inf, math.inf)

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
        moved_mm = self._move_carriage(wires)
        self._move_press(wires)
        if moved_mm or self._at[0] != wires.x_mm:
            self._at = (wires.x_mm, wires.y_mm)
            self._cell = self.sole.at(*self.foot_point()) if self.sole is not None else NO_SKIN
        height_mm, k, thickness_mm = self._cell
        gap_mm = BED_SKIN_MM + height_mm + self.foot_lift_mm + self.give_mm - wires.z_mm
        if wires.vibration_hz:
            gap_mm -= self._vibrate(wires.vibration_hz)
        self.gap_mm = gap_mm
        memory = self.memory
        if (gap_mm < 0.0 or self._elastic > 0.0) and memory is not None:
            self._elastic = elastic = elastic_n(-gap_mm, k=k, thickness_mm=thickness_mm)
            self.depth_mm = -gap_mm if gap_mm < 0.0 else 0.0
            self.force_n = force_n = memory.advance(elastic, renewed=moved_mm / _RENEWAL_MM)
            self._give(force_n)
        else:
            self.depth_mm = 0.0
            self.force_n = force_n = 0.0
            if memory is not None:
                memory.advance(0.0, renewed=0.0)
            if self.give_mm:
                self._give(0.0)
        self._sense(wires, force_n)

    def _move_carriage(self, wires: HeadWires) -> float:
        """Move x and y; return the way."""
        vx, vy = self._vx, self._vy
        if vx == 0.0 and vy == 0.0 and wires.x_speed_mm_s == 0.0 and wires.y_speed_mm_s == 0.0:
            return 0.0
        on = wires.enabled
        self._vx = vx = _follow(vx, wires.x_speed_mm_s if on else 0.0, _CARRIAGE_LAG, _CARRIAGE_DV)
        self._vy = vy = _follow(vy, wires.y_speed_mm_s if on else 0.0, _CARRIAGE_LAG, _CARRIAGE_DV)
        x_mm, y_mm = wires.x_mm, wires.y_mm
        wires.x_mm = min(max(x_mm + vx * STEP_S, X_RANGE_MM[0]), X_RANGE_MM[1])
        wires.y_mm = min(max(y_mm + vy * STEP_S, Y_RANGE_MM[0]), Y_RANGE_MM[1])
        return math.hypot(wires.x_mm - x_mm, wires.y_mm - y_mm)

    def _move_press(self, wires: HeadWires) -> None:
        order = wires.z_speed_mm_s if wires.enabled else _PASSIVE_MM_S
        vz = self._vz
        if vz == 0.0 and (order == 0.0 or (order < 0.0 and wires.z_mm == 0.0)):
            return
        vz = _follow(vz, order, _PRESS_LAG, _PRESS_DV)
        z_mm = wires.z_mm + vz * STEP_S
        if z_mm <= 0.0:
            z_mm, vz = 0.0, 0.0
        elif z_mm >= Z_MAX_MM:
            z_mm, vz = Z_MAX_MM, 0.0
        self._vz, wires.z_mm = vz, z_mm

    def _give(self, force_n: float) -> None:
        """The foot rises where the head asks more than its share of the seated load."""
        over_n = force_n - self.share_n
        target_mm = over_n / LEG_N_PER_MM if over_n > 0.0 else 0.0
        give_mm = self.give_mm + (target_mm - self.give_mm) * _LEG_LAG
        self.give_mm = give_mm if give_mm > 1e-4 or over_n > 0.0 else 0.0

    def _vibrate(self, hertz: int) -> float:
        self._phase = phase = (self._phase + math.tau * hertz * STEP_S) % math.tau
        return _VIBRATION_MM * math.sin(phase)

    def _sense(self, wires: HeadWires, force_n: float) -> None:
        wires.force_a_n = force_n + self._noise.draw()
        ripple = self._ripple[int(wires.z_mm * (64 / _RIPPLE_PERIOD_MM)) & 63]
        wires.force_b_n = force_n * (ripple + self._ripple_noise.draw())
        if wires.spin_rpm != wires.spin_order_rpm:
            error = wires.spin_order_rpm - wires.spin_rpm
            wires.spin_rpm += error * _SPIN_LAG if abs(error) > 0.01 else error


def _follow(speed: float, order: float, lag: float, most: float) -> float:
    """Return the speed one step later."""
    error = order - speed
    if -0.01 < error < 0.01:
        return order
    change = error * lag
    if change > most:
        return speed + most
    if change < -most:
        return speed - most
    return speed + change
