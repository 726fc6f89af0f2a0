"""One leg: how high, how heavily and where it holds its foot."""

from typing import Final

PLACE_US: Final = 400_000
WITHDRAW_US: Final = 300_000
"""A foot pulled away: 30-80 mm in 0.2-0.4 s; Podal proposal, unmeasured."""

WITHDRAWN_MM: Final = 80.0
STAND_US: Final = 400_000
STANDING_RATIO: Final = 6.1
"""Half of a body on each foot, over the seated load of one: 368 N over 60 N at 75 kg."""

STEP_ON_RATIO: Final = 12.2
"""The whole body on one foot, as STANDING_RATIO."""

SLIDE_US: Final = 500_000
SLIDE_MM: Final = (10.0, 12.0)
"""How far a foot slides when told to: to its lateral side, and towards the toes."""

ROTATE_DEG: Final = 12.0


class Ease:
    """A number on its way from one value to another, smooth at both ends.

    Attributes:
        value: Now.
        moving: It has not arrived.
    """

    __slots__ = ("_from", "_lasts_us", "_since_us", "_to", "moving", "value")

    def __init__(self, value: float) -> None:
        self.value = self._from = self._to = value
        self._since_us = 0
        self._lasts_us = 1
        self.moving = False

    def move(self, to: float, now_us: int, lasts_us: int) -> None:
        """Begin to go there; nothing happens where it goes there already."""
        if to != self._to:
            self._from, self._to = self.value, to
            self._since_us, self._lasts_us = now_us, lasts_us
            self.moving = True

    def advance(self, now_us: int) -> None:
        """Be where it is by now."""
        done = (now_us - self._since_us) / self._lasts_us
        if done >= 1.0:
            self.value = self._to
            self.moving = False
        else:
            self.value = self._from + (self._to - self._from) * done * done * (3.0 - 2.0 * done)


class Leg:
    """One leg, and the foot at its end.

    Attributes:
        lift_mm: Foot over the bed.
        share: Part of the seated load that is on the bed, 0 to 1, without sway; more when standing.
        shifting: It slides or turns now.
    """

    __slots__ = ("_lift", "_shifts", "_weight", "lift_mm", "share", "shifting")

    def __init__(self) -> None:
        self._lift = Ease(WITHDRAWN_MM)
        self._weight = Ease(1.0)
        self._shifts = (Ease(0.0), Ease(0.0), Ease(0.0))
        self.lift_mm = WITHDRAWN_MM
        self.share = 0.0
        self.shifting = False

    @property
    def lateral_mm(self) -> float:
        """How far the foot has slid to its lateral side."""
        return self._shifts[0].value

    @property
    def along_mm(self) -> float:
        """How far it has slid towards the toes."""
        return self._shifts[1].value

    @property
    def turn_deg(self) -> float:
        """How far it has turned outwards about its heel."""
        return self._shifts[2].value

    def move(self, to_mm: float, now_us: int) -> None:
        """Begin to lift or lower the foot."""
        self._lift.move(to_mm, now_us, WITHDRAW_US if to_mm > 0.0 else PLACE_US)

    def bear(self, ratio: float, now_us: int) -> None:
        """Begin to put another weight on the foot, in seated loads."""
        self._weight.move(ratio, now_us, STAND_US)

    def slide(self, now_us: int) -> None:
        """Begin to slide the foot by SLIDE_MM from where it first stood."""
        for shift, to_mm in zip(self._shifts, SLIDE_MM, strict=False):
            shift.move(to_mm, now_us, SLIDE_US)
        self.shifting = True

    def turn(self, now_us: int) -> None:
        """Begin to turn the foot by ROTATE_DEG."""
        self._shifts[2].move(ROTATE_DEG, now_us, SLIDE_US)
        self.shifting = True

    def settle(self) -> None:
        """Stand where the foot first stood; for one that is in the air."""
        self._shifts = (Ease(0.0), Ease(0.0), Ease(0.0))

    def advance(self, now_us: int) -> None:
        """Hold the foot where it is by now."""
        lift, weight = self._lift, self._weight
        if lift.moving or weight.moving:
            lift.advance(now_us)
            weight.advance(now_us)
            self.lift_mm = lift.value
            # The last millimetres of the way carry the weight over.
            self.share = max(0.0, 1.0 - lift.value / 4.0) * weight.value
        if self.shifting:
            for shift in self._shifts:
                shift.advance(now_us)
            self.shifting = any(shift.moving for shift in self._shifts)
