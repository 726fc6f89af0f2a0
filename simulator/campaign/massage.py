"""A clean massage on its way to the onsets of its sitting, decided on the truth of the plant.

Runs branch from it by `os.fork`: it costs the parent 1 ms of processor time (measured, 40 forks of
a massage under way), and every part of the machine is the same in both by construction. `deepcopy`
and `pickle` both refuse such a massage, because device and host hold read-only views and functions
made on the spot; a copy that does not would have to be kept right by hand in every module.
"""

from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Final

from controller.geometry import Side
from controller.limits import LEVELS
from controller.request import Start
from controller.session import Session
from controller.settings import Settings
from simulator.campaign.case import Onset, Sitting
from simulator.device import Device
from simulator.faults.registry import BEDS
from simulator.feet_chooser import named_feet
from simulator.plant.bed import BedPlant
from simulator.rehearsal import FRAME_US, Rehearsal
from simulator.trace import Trace

HORIZON_S: Final = 75.0
"""By then a massage has come to everything; the first foot's last strokes are warm by then, too."""

READY_S: Final = 0.2
NEAR_MM: Final = 3.0
"""A head is about to touch: at 5 mm/s half a second before it does."""

TOUCH_N: Final = 0.3
PRESS_N: Final = 1.0
MOVING_MM_S: Final = 10.0
MOVING_FRAMES: Final = 20
PLATEAU_FRAMES: Final = 80
PLATEAU_RATIO: Final = 1.02
"""Warm-up raises a held set-point by less than this within the 0.4 s of a plateau."""

REACHED_RATIO: Final = 0.9
FULL_N: Final = 5.5
"""Plateaus below this, at the normal level, are places that are given little, such as the arch."""

CONTENT_S: Final = 30.0
CONTENT_RATIO: Final = 0.5
"""From then on a plateau of half of it will do: to a child, or gently, no more may be given.
Podal proposals."""


class _Events(Trace):
    """Keeps what happened, and no rows: nobody judges the way to an onset."""

    def record(self, *_: object) -> None:
        """Write nothing."""


class Massage:
    """A device, a person and a host, up to where something breaks.

    Args:
        sitting: To whom, which routine, which foot first.

    Attributes:
        sitting: As given.
        start: What the person asks for.
        device: The machine.
        rehearsal: Machine and host in one clock.
    """

    def __init__(self, sitting: Sitting) -> None:
        self.sitting = sitting
        self.start = Start(sitting.routine, level=tuple(LEVELS)[sitting.seed % len(LEVELS)])
        self.device = Device(
            named_feet(sitting.person, seed=sitting.seed),
            seed=sitting.seed,
            trace=_Events(seed=sitting.seed),
        )
        self.rehearsal = Rehearsal(self.device, seed=sitting.seed)
        runner = self.rehearsal.runner
        runner.settings = _begun_with(sitting, runner.settings)
        self._worked = BEDS.index(sitting.foot)
        self._full_n = FULL_N * LEVELS[self.start.level]
        self._watch = _Watch(self.device.beds[self._worked])

    def reach(self, wanted: Collection[Onset]) -> Iterator[Onset]:
        """Go on, and stop at each of these onsets once; those not reached do not come."""
        left = set(wanted)
        if Onset.POWER_ON in left:
            left.remove(Onset.POWER_ON)
            yield Onset.POWER_ON
        if not left:
            return
        if not self.rehearsal.until(Session.READY, within_s=HORIZON_S):
            return
        self.rehearsal.run(READY_S)
        if Onset.IDLE in left:
            left.remove(Onset.IDLE)
            yield Onset.IDLE
        self.rehearsal.turn(self.start)
        content_us = self.device.now_us + CONTENT_S * 1e6
        for moment in self.rehearsal.forward(HORIZON_S):
            full_n = self._full_n * (CONTENT_RATIO if moment.device_us > content_us else 1.0)
            for onset in sorted(self._watch.look(self._set_point_n(), full_n) & left):
                left.remove(onset)
                yield onset
            if not left:
                return

    def begin_trace(self) -> Trace:
        """Write rows from now on; what happened before is kept as events."""
        before = self.device.trace
        sitting = self.sitting
        trace = Trace(seed=sitting.seed, routine=sitting.routine, person=sitting.person)
        if before is not None:
            arrays = before.arrays()
            names = ("event_t_us", "event_kind", "event_text")
            for t_us, kind, text in zip(*(arrays[name].tolist() for name in names), strict=True):
                trace.note(t_us, kind, text)
        self.device.trace = trace
        return trace

    def _set_point_n(self) -> float:
        order = self.device.firmware.order
        if order is None:
            return 0.0
        return (order.left, order.right)[self._worked].force_mn / 1000


class _Watch:
    """Tells by the truth of a bed which onset this is.

    Args:
        bed: On which the massage begins.
    """

    def __init__(self, bed: BedPlant) -> None:
        self._bed = bed
        self._at = (bed.x_mm, bed.y_mm)
        self._moving = 0
        self._asked: deque[float] = deque(maxlen=PLATEAU_FRAMES)

    def look(self, set_point_n: float, full_n: float) -> set[Onset]:
        """Return what this frame is, by plant truth and what is asked of the head.

        Args:
            set_point_n: Asked of the head now.
            full_n: A plateau below this is not full force.
        """
        bed = self._bed
        force_n = bed.force_n
        found: set[Onset] = set()
        if set_point_n > 0.0 and force_n == 0.0 and 0.0 < bed.gap_mm < NEAR_MM:
            found.add(Onset.APPROACH)
        if force_n >= TOUCH_N:
            found.add(Onset.FIRST_CONTACT)
        if self._moves() and force_n >= PRESS_N:
            found.add(Onset.MOVING)
        self._asked.append(set_point_n)
        full = set_point_n >= full_n and self._stands()
        if full and force_n >= REACHED_RATIO * set_point_n:
            found.add(Onset.FULL_FORCE)
        return found

    def _moves(self) -> bool:
        x_mm, y_mm = self._at
        self._at = (self._bed.x_mm, self._bed.y_mm)
        way_mm = MOVING_MM_S * FRAME_US * 1e-6
        apart = abs(self._bed.x_mm - x_mm) + abs(self._bed.y_mm - y_mm) >= way_mm
        self._moving = self._moving + 1 if apart else 0
        return self._moving >= MOVING_FRAMES

    def _stands(self) -> bool:
        """Return whether the set-point is at a plateau."""
        asked = self._asked
        return len(asked) == PLATEAU_FRAMES and max(asked) <= PLATEAU_RATIO * min(asked)


def _begun_with(sitting: Sitting, settings: Settings) -> Settings:
    """Return settings in which the routine begins with the foot of the sitting."""
    routine = settings.library[sitting.routine]
    first = Side(sitting.foot)
    if routine.feet[0] is first:
        return settings
    other_way = replace(routine, feet=(first, routine.feet[0]))
    return replace(settings, library={**settings.library, routine.id: other_way})
