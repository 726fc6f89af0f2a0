"""Which port to try next for our device: by USB identity and serial number, never by tty name."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from serial.tools import list_ports

USB_IDENTITIES: Final = ((0x1209, 0x0001),)
"""Vendor and product. 0x1209 is pid.codes, the shared vendor for open hardware; product 0x0001 is
its number for tests: a device that leaves the bench needs one of its own."""

REMEMBERED: Final = 16
"""Ports that were tried and are remembered; more of one identity are never on one computer."""


class Candidate(NamedTuple):
    """A port that could be our device; its path may be another one each time it is plugged in."""

    path: str
    serial_number: str = ""


class Search(NamedTuple):
    """What the search for the device remembers.

    Attributes:
        serial_number: Of the port at which the device was worked with last, "" none yet.
        tried: Paths tried since then, oldest first.
    """

    serial_number: str = ""
    tried: tuple[str, ...] = ()


def find_ports() -> list[Candidate]:
    """Return the ports whose USB identity is ours; an unknown port is never opened."""
    return [
        Candidate(port.device, port.serial_number or "")
        for port in list_ports.comports()
        if (port.vid, port.pid) in USB_IDENTITIES
    ]


def ranked(found: Iterable[Candidate], search: Search) -> list[Candidate]:
    """Return the candidates in the order to try them.

    A port that was tried is left for those that were not; the device known before goes first.
    """

    def rank(candidate: Candidate) -> tuple[int, bool, str]:
        tried = search.tried
        turn = tried.index(candidate.path) + 1 if candidate.path in tried else 0
        return turn, not is_known(candidate, search), candidate.path

    return sorted(found, key=rank)


def is_known(candidate: Candidate, search: Search) -> bool:
    """Return whether this is the port of the device worked with last."""
    return bool(search.serial_number) and candidate.serial_number == search.serial_number


def tried(search: Search, path: str) -> Search:
    """Return the search after `path` was tried."""
    others = tuple(other for other in search.tried if other != path)
    return search._replace(tried=(*others, path)[-REMEMBERED:])


def worked(search: Search, candidate: Candidate) -> Search:
    """Return the search after a device was found there: all others may be tried again."""
    return Search(candidate.serial_number or search.serial_number)
