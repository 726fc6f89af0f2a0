"""Says in the log when a clamp begins to bite: what was asked, what is given, whose limit it is."""

import logging
from typing import Final

from controller.governor import Given

AGAIN_US: Final = 10_000_000
"""The same clamp of the same head is told again after 10 s at the earliest."""

SLOW: Final = frozenset({"rate"})
"""Every stroke rises gently; that is no news."""

_BEDS: Final = ("left", "right")


class ClampLog:
    """Remembers what it has told; one look at two short tuples a turn while nothing is new.

    Args:
        log: Where it is told.
    """

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._told_us: dict[tuple[str, str], int] = {}

    def tell(self, given: tuple[Given, Given], now_us: int) -> None:
        """Tell each clamp of both heads that has not been told lately."""
        for bed, head in zip(_BEDS, given, strict=True):
            for clamp in head.clamps:
                key = (bed, clamp.reason)
                told_us = self._told_us.get(key)
                if clamp.reason in SLOW or (told_us is not None and now_us - told_us < AGAIN_US):
                    continue
                self._told_us[key] = now_us
                source, _, where = clamp.reason.partition(":")
                self._log.info(
                    "%s: asked %.1f N, given %.1f N: %s%s",
                    bed,
                    clamp.asked_n,
                    clamp.given_n,
                    f"{where}, " if where else "",
                    source,
                )
