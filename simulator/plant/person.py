"""The person on the chair: sits, places feet, presses buttons, pulls a foot away."""

import math
from collections.abc import Callable
from typing import Final

from simulator.plant.chance import generator
from simulator.plant.person_acts import ACTS
from simulator.wires import PanelWires

BEDS: Final = (0, 1)
PRESS_US: Final = 150_000
PLACE_US: Final = 400_000
WITHDRAW_US: Final = 300_000
"""A foot pulled away: 30-80 mm in 0.2-0.4 s; Podal proposal, unmeasured."""

WITHDRAWN_MM: Final = 80.0
REACTION_US: Final = 800_000
SWAY_RATIO: Final = 0.01


class Leg:
    """One leg: how high the foot is held, and how much of its load is on the bed.

    Attributes:
        lift_mm: Foot over the bed.
        share: Part of the seated load that is on the bed, 0 to 1, without sway.
    """

    __slots__ = ("_from_mm", "_since_us", "_to_mm", "lift_mm", "share")

    def __init__(self) -> None:
        self.lift_mm = WITHDRAWN_MM
        self.share = 0.0
        self._from_mm = self._to_mm = WITHDRAWN_MM
        self._since_us = 0

    def move(self, to_mm: float, now_us: int) -> None:
        """Begin to lift or lower the foot."""
        if to_mm != self._to_mm:
            self._from_mm, self._to_mm, self._since_us = self.lift_mm, to_mm, now_us

    def advance(self, now_us: int) -> None:
        """Hold the foot where it is by now."""
        lasts_us = WITHDRAW_US if self._to_mm > 0.0 else PLACE_US
        done = min((now_us - self._since_us) / lasts_us, 1.0)
        smooth = done * done * (3.0 - 2.0 * done)
        self.lift_mm = self._from_mm + (self._to_mm - self._from_mm) * smooth
        # The last millimetres of the way carry the weight over.
        self.share = max(0.0, 1.0 - self.lift_mm / 4.0)


class Person:
    """Someone to be massaged.

    Args:
        panel: The buttons and the lamp they see.
        auto: Acts by themselves; otherwise only as told.
        seed: Of their sway.

    Attributes:
        legs: Left and right.
        journal: What they did since someone last emptied it, for the record.
    """

    def __init__(self, panel: PanelWires, *, auto: bool, seed: int) -> None:
        self.legs = (Leg(), Leg())
        self.seated = False
        self.journal: list[tuple[int, str]] = []
        self._panel = panel
        self._auto = auto
        self._plan: list[tuple[int, str]] = []
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
        self._acts()[name](now_us)
        return True

    def _acts(self) -> dict[str, Callable[[int], None]]:
        return {
            "sit": lambda _now: self._sit(True),
            "stand-up": self._stand_up,
            "place": lambda now: self._place(BEDS, now),
            "place-left": lambda now: self._place((0,), now),
            "place-right": lambda now: self._place((1,), now),
            "withdraw": lambda now: self._withdraw(BEDS, now),
            "withdraw-left": lambda now: self._withdraw((0,), now),
            "withdraw-right": lambda now: self._withdraw((1,), now),
            "press-start": self._press_start,
            "press-stop": self._press_stop,
        }

    def advance(self, now_us: int) -> None:
        """Live on until `now_us`."""
        while self._plan and self._plan[0][0] <= now_us:
            self.act(self._plan.pop(0)[1], now_us)
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

    def _sit(self, seated: bool) -> None:
        self.seated = seated

    def _stand_up(self, now_us: int) -> None:
        self._withdraw(BEDS, now_us)
        self._sit(False)

    def _place(self, beds: tuple[int, ...], now_us: int) -> None:
        self._sit(True)
        for bed in beds:
            self.legs[bed].move(0.0, now_us)

    def _withdraw(self, beds: tuple[int, ...], now_us: int) -> None:
        for bed in beds:
            self.legs[bed].move(WITHDRAWN_MM, now_us)

    def _press_start(self, now_us: int) -> None:
        self._start_until_us = now_us + PRESS_US

    def _press_stop(self, now_us: int) -> None:
        self._stop_until_us = now_us + PRESS_US
