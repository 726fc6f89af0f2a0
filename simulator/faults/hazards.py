"""Which rows of the hazard table the faults serve, and why others have none here."""

from collections.abc import Mapping
from typing import Final

from simulator.faults.registry import ROWS

IN_SCOPE: Final = (
    *(f"A{number}" for number in range(1, 15)),
    *(f"B{number}" for number in range(1, 13)),
    *(f"C{number}" for number in range(1, 11)),
    *(f"D{number}" for number in range(1, 15)),
    *(f"E{number}" for number in range(1, 6)),
)
"""Force and motion, person, sensors, link, microcontroller."""

NOT_SERVED: Final[Mapping[str, str]] = {
    "A1": "the host asks too much: a wrong host, not a broken machine",
    "A2": "a step of the host, or a stiff foot: `--foot`",
    "B6": "a child or a lie about one: `--foot child`, and the profile in the host",
    "B7": "attestation is the host's",
    "B10": "a person who does nothing: `--person manual`",
    "B12": "a level of the host with no feedback: nothing is broken",
    "C9": "a number that is none in the host's pipeline; on the wire there are integers only",
    "D12": "a second program at the port: a process, not a fault of the cable",
    "E5": "an update: this device has none",
}
"""Hazard rows that no fault of the machine stands for, each with the reason."""


def served() -> dict[str, list[str]]:
    """Return the faults behind each hazard row that has any."""
    found: dict[str, list[str]] = {}
    for row in ROWS:
        for hazard in row.hazards:
            found.setdefault(hazard, []).append(f"{row.component}={row.kind}")
    return found
