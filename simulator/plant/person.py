"""The person on the chair: sits, places feet, presses buttons, pulls a foot away."""

import math
from collections.abc import Callable
from typing import Final, NamedTuple

from simulator.plant.chance import generator
from simulator.plant.leg import (
    STANDING_RATIO,
    STEP_ON_RATIO,
    WITHDRAW_US,
    WITHDRAWN_MM,
    Leg,
)
from simulator.plant.person_acts import ACTS, BEDS_OF, SIDES
from simulator.wires import PanelWires

BEDS: Final = (0, 1)
PRESS_US: Final = 150_000
REACTION_US: Final = 800_000
PAIN_US: Final = 500_000
"""From pain to the STOP button under the finger: Podal proposal, unmeasured."""

LIFT_FIRST_US: Final = WITHDRAW_US + 50_000
"""After this a foot that was to be lifted is in the air for certain."""

SWAY_RATIO: Final = 0.01


class Placement(NamedTuple):
    """What is on one bed.

    Attributes:
        foot: 0 the left foot, 1 the right one.
        reversed: Its heel lies where the toes belong.
        thing: Lies there as well, or instead while the foot is lifted; "" nothing.
    """

    foot: int
    reversed: bool = False
    thing: str = ""


class Person:
    """Someone to be massaged.

    Args:
        panel: The buttons and the lamp they see.
        auto: Acts by themselves; otherwise only as told.
        seed: Of their sway.

    Attributes:
        legs: Left and right, by bed.
        placements: What is on the beds.
        tangled: Beds where something has got into the turning head.
        journal: What they did since someone last emptied it, for the record.
    """

    def __init__(self, panel: PanelWires, *, auto: bool, seed: int) -> None:
        self.legs = (Leg(), Leg())
        self.placements = [Placement(0), Placement(1)]
        self.tangled = [False, False]
        self._in_hand = ["", ""]
        self.seated = False
        self.journal: list[tuple[int, str]] = []
        self._panel = panel
        self._auto = auto
        self._plan: list[tuple[int, str]] = []
        self._later: list[tuple[int, Callable[[int], None]]] = []
        self._doing = self._all_acts()
        if auto:
            self._plan = [
                (100_000, "sit"),
                (200_000, "place-left"),
                (450_000, "place-right"),
                (1_600_000, "press-start"),
            ]
        self._start_until_us = -1
        self._stop_until_us = -1
        self._lamp_seen_us = -1
        source = generator(seed, 5)
        self._sway = [
            [
                (
                    math.tau * 1e-6 * float(source.uniform(0.1, 0.7)),
                    float(source.uniform(0, math.tau)),
                )
                for _ in range(3)
            ]
            for _ in BEDS
        ]

    def act(self, name: str, now_us: int) -> bool:
        """Do what `name` says now; False for an act that is not known."""
        if name not in ACTS:
            return False
        self.journal.append((now_us, name))
        self._doing[name](now_us)
        return True

    def _all_acts(self) -> dict[str, Callable[[int], None]]:
        acts: dict[str, Callable[[int], None]] = {
            "sit": self._sit,
            "stand": self._stand,
            "stand-up": self._stand_up,
            "swap": self._swap,
            "pain": lambda now: self._after(PAIN_US, now, self._press_stop),
            "press-start": self._press_start,
            "press-stop": self._press_stop,
        }
        sided: dict[str, Callable[[int, int], None]] = {
            "place": self._place,
            "withdraw": lambda bed, now: self.legs[bed].move(WITHDRAWN_MM, now),
            "slide": lambda bed, now: self.legs[bed].slide(now),
            "rotate": lambda bed, now: self.legs[bed].turn(now),
            "reverse": self._reverse,
            "step-on": self._step_on,
            "hand": lambda bed, _now: self._lay("hand", bed),
            "two-feet": lambda bed, _now: self._lay("foot", bed),
            "object": lambda bed, now: self._exchange("book", bed, now),
            "phone": lambda bed, now: self._exchange("phone", bed, now),
            "shoe": lambda bed, now: self._exchange("shoe", bed, now),
            "tangle": lambda bed, _now: self._tangle(bed, True),
            "untangle": lambda bed, _now: self._tangle(bed, False),
        }
        for name, do in sided.items():
            for side in SIDES:
                acts[name + side] = _on(BEDS_OF[side], do)
        return {name: acts[name] for name in ACTS}

    def advance(self, now_us: int) -> None:
        """Live on until `now_us`."""
        while self._plan and self._plan[0][0] <= now_us:
            self.act(self._plan.pop(0)[1], now_us)
        if self._later:
            self._do_later(now_us)
        if self._auto:
            self._watch_lamp(now_us)
        self._panel.start_pressed = now_us < self._start_until_us
        self._panel.stop_pressed = now_us < self._stop_until_us
        for leg in self.legs:
            leg.advance(now_us)

    def sway(self, bed: int, now_us: int) -> float:
        """Return the factor on the seated load of the moment: 1 % slow sway."""
        total = 0.0
        for radians_per_us, phase in self._sway[bed]:
            total += math.sin(radians_per_us * now_us + phase)
        return 1.0 + SWAY_RATIO / 3 * total

    def _watch_lamp(self, now_us: int) -> None:
        if not self._panel.start_lamp:
            self._lamp_seen_us = -1
        elif self._lamp_seen_us < 0:
            self._lamp_seen_us = now_us
        elif now_us - self._lamp_seen_us >= REACTION_US and self._start_until_us < now_us:
            self.act("press-start", now_us)

    def _do_later(self, now_us: int) -> None:
        due = [item for item in self._later if item[0] <= now_us]
        if due:
            self._later = [item for item in self._later if item[0] > now_us]
            for _, do in due:
                do(now_us)

    def _after(self, wait_us: int, now_us: int, do: Callable[[int], None]) -> None:
        self._later.append((now_us + wait_us, do))

    def _sit(self, now_us: int) -> None:
        self.seated = True
        for leg in self.legs:
            leg.bear(1.0, now_us)

    def _stand(self, now_us: int) -> None:
        """Rise with the feet where they are: half of the body on each."""
        self.seated = False
        for leg in self.legs:
            leg.bear(STANDING_RATIO, now_us)

    def _stand_up(self, now_us: int) -> None:
        """Leave: lift both feet off the beds, and go."""
        for leg in self.legs:
            leg.move(WITHDRAWN_MM, now_us)
        self.seated = False

    def _step_on(self, bed: int, now_us: int) -> None:
        self.seated = False
        self._put_down(bed, now_us)
        self.legs[bed].bear(STEP_ON_RATIO, now_us)

    def _place(self, bed: int, now_us: int) -> None:
        """Sit, take away what lies there, and put the foot down."""
        self._sit(now_us)
        self._put_down(bed, now_us)

    def _put_down(self, bed: int, now_us: int) -> None:
        self._in_hand[bed] = ""  # what was to lie there is put away: the foot is back
        if self.placements[bed].thing:
            self._lay("", bed)
        self.legs[bed].move(0.0, now_us)

    def _swap(self, now_us: int) -> None:
        """Lift both feet and put each on the other bed."""

        def cross(now_us: int) -> None:
            self.placements[0], self.placements[1] = self.placements[1], self.placements[0]
            for bed in BEDS:
                self.legs[bed].settle()
                self._put_down(bed, now_us)

        for leg in self.legs:
            leg.move(WITHDRAWN_MM, now_us)
        self._after(LIFT_FIRST_US, now_us, cross)

    def _reverse(self, bed: int, now_us: int) -> None:
        """Lift the foot and put it down with its heel where the toes were."""

        def turn_about(now_us: int) -> None:
            placement = self.placements[bed]
            self.placements[bed] = placement._replace(reversed=not placement.reversed)
            self.legs[bed].settle()
            self._put_down(bed, now_us)

        self.legs[bed].move(WITHDRAWN_MM, now_us)
        self._after(LIFT_FIRST_US, now_us, turn_about)

    def _lay(self, thing: str, bed: int) -> None:
        """Lay something down beside the foot."""
        self.placements[bed] = self.placements[bed]._replace(thing=thing)

    def _exchange(self, thing: str, bed: int, now_us: int) -> None:
        """Lift the foot and lay something down in its place."""
        self._in_hand[bed] = thing

        def lay(_now_us: int) -> None:
            if self._in_hand[bed]:
                self._lay(self._in_hand[bed], bed)
                self._in_hand[bed] = ""

        self.legs[bed].move(WITHDRAWN_MM, now_us)
        self._after(LIFT_FIRST_US, now_us, lay)

    def _tangle(self, bed: int, tangled: bool) -> None:
        self.tangled[bed] = tangled

    def _press_start(self, now_us: int) -> None:
        self._start_until_us = now_us + PRESS_US

    def _press_stop(self, now_us: int) -> None:
        self._stop_until_us = now_us + PRESS_US


def _on(beds: tuple[int, ...], do: Callable[[int, int], None]) -> Callable[[int], None]:
    """Return what does `do` on each of these beds."""

    def act(now_us: int) -> None:
        for bed in beds:
            do(bed, now_us)

    return act
