"""Whether the drives of one head do what they are told: runaway, stall, a lost place.

Looked at every 5 or 10 ms by what encoders, flags and currents say; the order of the loop is all
it is held against. Figures: hazard table, rows A7, A8, A9 and A11; thresholds are Podal proposals.
"""

from typing import Final

from firmware_bridge.messages import Trip
from simulator.wires import FLAG_X_MM, FLAG_Y_MM, FLAG_Z_MM, IDLE_MA, HeadWires

BEAT_MS: Final = 5
_PER_S: Final = 1000.0 / BEAT_MS
_BEAT_S: Final = BEAT_MS / 1000.0

RUNAWAY_MM_S: Final = 8.0
"""Faster towards the sole than ordered by this is untold."""

WRONG_WAY_MM_S: Final = 2.0
"""Against the order by this is the wrong way."""

ORDERED_MM_S: Final = 3.0
RUNAWAY_BEATS: Final = 2
"""10 ms."""

GROSS_MM_S: Final = 10.0
"""So much faster towards the sole than ordered is no matter of measuring: one beat is enough."""

RISE_MM_S: Final = 6.0
RISE_MS: Final = 2
"""Or so much over so many milliseconds. On bone 0.1 mm is 10 N."""

JUMP_MM_S: Final = 200.0
"""No press is so fast: the encoder has jumped, and the next beat tells."""

ERROR_MM: Final = 3.0
"""Farthest from where the orders must have led."""

GONE_MA: Final = IDLE_MA / 4.0
"""A powered drive draws more than this, whatever it is ordered."""

GONE_BEATS: Final = 2
"""10 ms without any current: the power is gone."""

_ACCELERATION_MM_S2: Final = 5000.0
_DV_MM_S: Final = _ACCELERATION_MM_S2 * _BEAT_S
_FORGET: Final = 0.995

SLOW_BEAT_MS: Final = 10
_SLOW_BEAT_S: Final = SLOW_BEAT_MS / 1000.0
WINDOW_BEATS: Final = 5
"""Two windows of 50 ms are the 100 ms of a stall."""

STALL_WAY_MM: Final = 0.2
STALL_ORDERED_MM: Final = 0.2
"""Ordered in each of two windows: 4 mm/s for 100 ms."""

STALL_MA: Final = 400.0
"""More than a drive that turns freely draws for long; a blocked one draws it all."""

DEAD_MA: Final = IDLE_MA * 1.25
"""Less than this is a motor that idles, whatever it is ordered."""

FLAG_MM: Final = 1.0
FLAG_BEATS: Final = 2
GROUND_MM: Final = 0.4
"""The same for a press that comes down: it ends only 0.5 mm below its edge."""

UNLOAD_BEATS: Final = 6
"""60 ms: within them a press that lets go must have moved by UNLOAD_WAY_MM."""

UNLOAD_WAY_MM: Final = 2.0
HELD_BEATS: Final = 3
"""30 ms: one that draws its limit and has not moved by STALL_WAY_MM then will not move at all."""

_UNLOADED_N: Final = 0.3

_NONE: Final = Trip.NONE


class Follow:
    """Whether one axis moves when it is told to, over the last 100 ms."""

    __slots__ = ("_beats", "_ma", "_ma_before", "_way", "_way_before", "_z", "_z_before")

    def __init__(self, place_mm: float) -> None:
        self._z = self._z_before = place_mm
        self.forget(place_mm)

    def forget(self, place_mm: float) -> None:
        """Begin anew from here."""
        self._z = self._z_before = place_mm
        self._way = self._way_before = 0.0
        self._ma = self._ma_before = 0.0
        self._beats = 0

    def judge(self, order_mm_s: float, place_mm: float, current_ma: float) -> Trip:
        """Take one beat; return what is wrong with the axis, usually nothing."""
        self._way += order_mm_s
        self._ma += current_ma if current_ma > 0.0 else -current_ma
        self._beats = beats = self._beats + 1
        if beats < WINDOW_BEATS:
            return _NONE
        way, way_before = self._way * _SLOW_BEAT_S, self._way_before * _SLOW_BEAT_S
        moved_mm, moved_last_mm = place_mm - self._z_before, place_mm - self._z
        mean_ma = (self._ma + self._ma_before) / (2 * WINDOW_BEATS)
        self._z_before, self._way_before, self._ma_before = self._z, self._way, self._ma
        self._z, self._way, self._ma = place_mm, 0.0, 0.0
        self._beats = 0
        up = way >= STALL_ORDERED_MM and way_before >= STALL_ORDERED_MM
        down = way <= -STALL_ORDERED_MM and way_before <= -STALL_ORDERED_MM
        if not up and not down:
            return _NONE
        if moved_mm >= STALL_WAY_MM or moved_mm <= -STALL_WAY_MM:
            return _NONE
        if moved_last_mm >= STALL_WAY_MM or moved_last_mm <= -STALL_WAY_MM:
            return _NONE  # it has turned round, and is back where it was
        return Trip.STALLED if mean_ma > STALL_MA or mean_ma < DEAD_MA else Trip.POSITION_LOST


class Drives:
    """The three drives of one head.

    Args:
        wires: Its signals.

    Attributes:
        fastest_mm_s: Fastest order towards the sole since the last beat; the loop raises it.
        slowest_mm_s: The same away from the sole: the press may have let go between two beats.
        homed: The flags and the encoders must agree.
        timed: The clock is right, so that ways follow from speeds.
    """

    __slots__ = (
        "_error_mm",
        "_fastest_before",
        "_flag_beats",
        "_gone_beats",
        "_model_mm_s",
        "_ordered",
        "_rise_ms",
        "_runaway_beats",
        "_slowest_before",
        "_speed_1",
        "_speed_2",
        "_unload_beats",
        "_unload_z_mm",
        "_x",
        "_y",
        "_z",
        "_z_mm",
        "fastest_mm_s",
        "homed",
        "slowest_mm_s",
        "timed",
        "wires",
    )

    def __init__(self, wires: HeadWires) -> None:
        self.wires = wires
        self.homed = False
        self.timed = True
        self._x, self._y, self._z = Follow(wires.x_mm), Follow(wires.y_mm), Follow(wires.z_mm)
        self.fastest_mm_s = self._fastest_before = 0.0
        self.forget()

    def forget(self) -> None:
        """Begin anew: the drives have just been powered, or an encoder has found its place."""
        wires = self.wires
        self._ordered = False
        self._forget_ways(wires)
        self._z_mm = self._unload_z_mm = wires.z_mm
        self._model_mm_s = self._error_mm = 0.0
        self._speed_1 = self._speed_2 = 0.0
        self._runaway_beats = self._flag_beats = self._gone_beats = 0
        self._rise_ms = 0
        self.fastest_mm_s = self._fastest_before = 0.0
        self.slowest_mm_s = self._slowest_before = 0.0

    def turn_round(self) -> None:
        """The press begins to rise or to let go: what was ordered before proves nothing."""
        self._forget_ways(self.wires)
        self._rise_ms = 0

    def _forget_ways(self, wires: HeadWires) -> None:
        self._x.forget(wires.x_mm)
        self._y.forget(wires.y_mm)
        self._z.forget(wires.z_mm)
        self._unload_beats = 0

    def judge(self, force_n: float, *, unloading: bool) -> Trip:
        """Every 10 ms: whether all three axes get anywhere; return what is wrong.

        Args:
            force_n: Channel A, N.
            unloading: The head is told to leave the skin.
        """
        wires = self.wires
        if not (unloading or wires.z_speed_mm_s or wires.x_speed_mm_s or wires.y_speed_mm_s):
            if self._ordered:  # nothing is ordered any more, so nothing can stall
                self._ordered = False
                self._forget_ways(wires)
            return self._judge_flags(wires) if self.homed else _NONE
        self._ordered = True
        if unloading:
            trip = self._judge_unloading(force_n, wires.z_mm)
        else:
            self._unload_beats = 0
            trip = self._z.judge(wires.z_speed_mm_s, wires.z_mm, wires.press_ma)
        return (
            trip
            or self._x.judge(wires.x_speed_mm_s, wires.x_mm, wires.x_ma)
            or self._y.judge(wires.y_speed_mm_s, wires.y_mm, wires.y_ma)
            or (self._judge_flags(wires) if self.homed else _NONE)
        )

    def judge_power(self) -> Trip:
        """Every 5 ms with the power on, and no current in the press: return SELF_TEST if it fails.

        A press without power opens by its spring and follows no order; only the power is to blame.
        """
        wires = self.wires
        if max(abs(wires.press_ma), abs(wires.x_ma), abs(wires.y_ma)) > GONE_MA:
            self._gone_beats = 0
            return self.judge_press(wires.z_speed_mm_s, wires.z_mm)
        gone = self._gone_beats + 1
        self.forget()
        self._gone_beats = gone
        return Trip.SELF_TEST if gone >= GONE_BEATS else _NONE

    def judge_rise(self, way_mm: float) -> Trip:
        """Each ms in which the press rises faster than RISE_MM_S: return RUNAWAY if untold."""
        most = max(
            self.wires.z_speed_mm_s,
            self.fastest_mm_s,
            self._fastest_before,  # a press lags: one beat may hold the order, the next the way
            self._speed_1,
            self._speed_2,
            0.0,
        )
        if not RISE_MM_S < way_mm * 1000.0 - most < JUMP_MM_S:
            self._rise_ms = 0
            return _NONE
        self._rise_ms += 1
        return Trip.RUNAWAY if self._rise_ms >= RISE_MS else _NONE

    def judge_press(  # noqa: C901, PLR0912 - calls of min and max cost at this rate
        self, order: float, z_mm: float
    ) -> Trip:
        """Every 5 ms: return RUNAWAY for a press that does not go where it is told."""
        speed = (z_mm - self._z_mm) * _PER_S
        self._z_mm = z_mm
        fastest, faster = self.fastest_mm_s, self._fastest_before
        before_1, before_2 = self._speed_1, self._speed_2
        self._speed_2, self._speed_1 = before_1, order
        slowest, before = self.slowest_mm_s, self._slowest_before
        self.fastest_mm_s = self.slowest_mm_s = order
        self._fastest_before, self._slowest_before = fastest, slowest
        if faster > fastest:  # noqa: PLR1730
            fastest = faster
        if before < slowest:  # noqa: PLR1730
            slowest = before
        if speed == 0.0 and order == 0.0:
            self._error_mm = self._model_mm_s = 0.0
            self._runaway_beats = 0
            return _NONE
        least, most = (order, before_1) if order < before_1 else (before_1, order)
        if before_2 < least:
            least = before_2
        elif before_2 > most:
            most = before_2
        if slowest < least:  # noqa: PLR1730
            least = slowest
        if fastest > most:  # noqa: PLR1730 - calls of min and max cost at this rate
            most = fastest
        model_before = self._model_mm_s
        change = order - model_before
        if change > _DV_MM_S:
            change = _DV_MM_S
        elif change < -_DV_MM_S:
            change = -_DV_MM_S
        self._model_mm_s = model = model_before + change
        # Lagging alone is not running away: a press that stands is a stall.
        error = self._error_mm * _FORGET
        if speed > model or speed < slowest:
            error += (speed - model) * _BEAT_S
        if -WRONG_WAY_MM_S < speed < WRONG_WAY_MM_S:
            error *= 0.5
        self._error_mm = error if self.timed else 0.0
        untold = speed - max(most, 0.0)
        if untold <= 0.0:
            self._rise_ms = 0
        if GROSS_MM_S < untold < JUMP_MM_S:
            return Trip.RUNAWAY
        wrong = (
            untold > RUNAWAY_MM_S
            or (speed > WRONG_WAY_MM_S and max(most, model, model_before) < -ORDERED_MM_S)
            or (speed < -WRONG_WAY_MM_S and min(least, model, model_before) > ORDERED_MM_S)
            or (self.timed and (error > ERROR_MM or error < -ERROR_MM))
        )
        if not wrong:
            self._runaway_beats = 0
            return _NONE
        self._runaway_beats += 1
        return Trip.RUNAWAY if self._runaway_beats >= RUNAWAY_BEATS else _NONE

    def _judge_unloading(self, force_n: float, z_mm: float) -> Trip:
        """Force that does not leave, with a press that does not move, is what no order can cure."""
        if not self._unload_beats:
            self._unload_z_mm = z_mm
            self._z.forget(z_mm)
        self._unload_beats += 1
        way_mm = self._unload_z_mm - z_mm
        if self._unload_beats <= UNLOAD_BEATS:
            held = (
                self._unload_beats > HELD_BEATS
                and -STALL_WAY_MM < way_mm < STALL_WAY_MM
                and self.wires.press_ma < -STALL_MA
                and force_n >= _UNLOADED_N
            )
            return Trip.RETRACT_FAILED if held else _NONE
        self._unload_beats = 1
        self._unload_z_mm = z_mm
        if way_mm >= UNLOAD_WAY_MM or (z_mm <= UNLOAD_WAY_MM and self.wires.z_flag):
            return _NONE
        if force_n >= _UNLOADED_N:
            return Trip.RETRACT_FAILED
        return Trip.POSITION_LOST if self.homed else _NONE

    def _judge_flags(self, wires: HeadWires) -> Trip:
        x_mm, y_mm, z_mm = wires.x_mm, wires.y_mm, wires.z_mm
        if (
            (x_mm > FLAG_X_MM + FLAG_MM if wires.x_flag else x_mm < FLAG_X_MM - FLAG_MM)
            or (y_mm > FLAG_Y_MM + FLAG_MM if wires.y_flag else y_mm < FLAG_Y_MM - FLAG_MM)
            or (z_mm > FLAG_Z_MM + FLAG_MM if wires.z_flag else z_mm < FLAG_Z_MM - GROUND_MM)
        ):
            self._flag_beats += 1
            return Trip.POSITION_LOST if self._flag_beats >= FLAG_BEATS else _NONE
        self._flag_beats = 0
        return _NONE
