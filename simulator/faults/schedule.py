"""When faults begin and end, in device time; and what they do in between."""

from collections.abc import Iterable
from typing import Final

from simulator.errors import FaultError
from simulator.faults.build import Parts, effects_of
from simulator.faults.effect import Effect
from simulator.faults.grammar import Fault
from simulator.faults.registry import checked
from simulator.plant.matrix import Counts

NEVER_US: Final = 1 << 62
MOST: Final = 200
"""Faults at once, those to come included; more is a mistake in a script."""


class _Entry:
    """One fault of the schedule."""

    __slots__ = ("effects", "fault", "from_us", "until_us")

    def __init__(self, fault: Fault, now_us: int) -> None:
        self.fault = fault
        self.from_us = now_us if fault.at_us is None else max(fault.at_us, now_us)
        lasts_us = fault.for_us
        self.until_us = NEVER_US if lasts_us is None else self.from_us + lasts_us
        self.effects: list[Effect] | None = None


class Schedule:
    """All faults of one machine, those to come and those that are on.

    Args:
        parts: Of the machine.

    Attributes:
        due_us: When something begins or ends next.
        on: How many are on.
        journal: What began and ended since someone last emptied it: time, "on" or "off", name.
        taken: Names of all faults ever taken, for the record.
    """

    def __init__(self, parts: Parts) -> None:
        self.due_us = NEVER_US
        self.on = 0
        self.journal: list[tuple[int, str, str]] = []
        self.taken: list[str] = []
        self._parts = parts
        self._entries: list[_Entry] = []
        self._effects: list[Effect] = []

    def add(self, faults: Iterable[Fault], now_us: int) -> None:
        """Take faults: those without a time begin now, before anything else happens.

        Raises:
            FaultError: This machine cannot have one of them; then none is taken.
        """
        wanted = [checked(fault) for fault in faults]
        if len(self._entries) + len(wanted) > MOST:
            raise FaultError(str(wanted[0]), 0, f"{MOST} faults at once are all there can be")
        self._entries += [_Entry(fault, now_us) for fault in wanted]
        self.taken += [str(fault) for fault in wanted]
        self.turn(now_us)

    def clear(self, now_us: int) -> None:
        """End all faults, and forget those to come."""
        for entry in self._entries:
            entry.until_us = now_us
        self._entries = [entry for entry in self._entries if entry.effects is not None]
        self.turn(now_us)

    def turn(self, now_us: int) -> None:
        """Begin and end what is due."""
        for effect in reversed(self._effects):
            effect.undo()
        for entry in reversed(self._entries):
            if entry.effects is not None and entry.until_us <= now_us:
                self._end(entry, now_us)
        for entry in self._entries:
            if entry.effects is None and entry.from_us <= now_us < entry.until_us:
                self._begin(entry, now_us)
        for effect in self._effects:
            effect.redo(now_us)
        self._entries = [entry for entry in self._entries if entry.until_us > now_us]
        self.due_us = min(map(_due_us, self._entries), default=NEVER_US)

    def before(self, now_us: int) -> None:
        """Between the firmware and the machine."""
        for effect in reversed(self._effects):
            effect.before(now_us)

    def after(self, now_us: int) -> None:
        """Between the machine and the firmware."""
        for effect in self._effects:
            effect.after(now_us)

    def scan(self, counts: Counts, now_us: int) -> Counts:
        """Return what the converter says of a scan."""
        for effect in self._effects:
            counts = effect.scan(counts, now_us)
        return counts

    def _begin(self, entry: _Entry, now_us: int) -> None:
        entry.effects = effects_of(entry.fault, self._parts)
        for effect in entry.effects:
            effect.begin(now_us)
        self._effects = [*self._effects, *entry.effects]
        self.on += 1
        self.journal.append((now_us, "on", entry.fault.name))

    def _end(self, entry: _Entry, now_us: int) -> None:
        effects = entry.effects or []
        for effect in reversed(effects):
            effect.end(now_us)
        self._effects = [effect for effect in self._effects if effect not in effects]
        entry.effects = None
        entry.until_us = now_us
        self.on -= 1
        self.journal.append((now_us, "off", entry.fault.name))


def _due_us(entry: _Entry) -> int:
    return entry.from_us if entry.effects is None else entry.until_us
