"""Tables of the HTTP page: routes, refusals, reasons."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from api.app import create_app
from api.control_link import ControlLink
from api.problems import REFUSAL_STATUS
from api.schemas import Loop
from api.sentences import catalogue
from controller.status import link_table
from docs.markdown import table
from firmware_bridge.link import Link

_UNREACHABLE: Final = {"control_absent": 503, "control_silent": 503}
_PAGE_ONLY: Final = "unreachable"
"""A text the page shows when nobody answers it; no server can send it."""


def routes() -> str:
    """Return the routes: method, path, what it does, which statuses it answers."""
    app = create_app(ControlLink(Path("control.sock"), version="0"), version="0")
    rows = []
    for path, methods in app.openapi()["paths"].items():
        for method, route in methods.items():
            statuses = ", ".join(sorted(route["responses"]))
            rows.append((method.upper(), f"`{path}`", route["description"], statuses))
    return table(("method", "path", "what it does", "answers"), rows)


def refusals() -> str:
    """Return the codes of refused requests with their HTTP status and English text."""
    rows = []
    for key, text in catalogue().items():
        kind, _, code = key.partition(".")
        if kind == "refusal" and code != _PAGE_ONLY:
            status = REFUSAL_STATUS.get(code, _UNREACHABLE.get(code, 409))
            rows.append((f"`{code}`", status, text))
    return table(("code", "status", "text"), rows)


def reasons() -> str:
    """Return the codes of `session.reason` and `alarms`, with their English text."""
    rows = []
    for key, text in catalogue().items():
        kind, _, code = key.partition(".")
        if kind == "reason" and code != "other":
            rows.append((f"`{code}`", text))
    return table(("code", "text"), rows)


_LINK: Final = {
    "phase": "`greeting`, `describing`, `up` or `refused`",
    "frames": "frames of a session, used or not",
    "stale": "times that the newest frame was too old, or of unknown age, and so not used",
    "bad_crc": "messages whose CRC was wrong",
    "bad_length": "messages refused for their length",
    "skipped_bytes": "bytes that belonged to no accepted message",
    "gaps": "messages that never came, by the device's counter",
    "duplicates": "messages whose counter had been used",
    "foreign": "messages of another session",
    "malformed": "messages with a right CRC that say nothing the protocol allows",
    "naks": "refusals by the device",
    "reconnects": "sessions after the first",
    "age_us": "age of the newest frame when it was taken",
    "age_max_us": "age of the oldest one, used or not",
    "round_trip_us": "newest time from a set-point to the first frame that obeys it",
    "round_trip_p50_us": "half of them were shorter, to 250 us",
    "round_trip_p99_us": "99 of 100 were shorter, to 250 us",
    "round_trip_max_us": "the longest one",
    "drift_ppm": "how much the device's clock is slow (above 0) or fast; null before 6 s",
}


def link_figures() -> str:
    """Return the keys of `link` in the status.

    Raises:
        KeyError: The status has one that is not explained here.
    """
    rows = [(f"`{key}`", _LINK[key]) for key in link_table(Link(lambda: 1))]
    return table(("key", "value"), rows)


def loop() -> str:
    """Return the figures of the loop's punctuality."""
    rows = [(f"`{name}`", field.description) for name, field in Loop.model_fields.items()]
    return table(("key", "value"), rows)


PARTS: Final[Mapping[str, Callable[[], str]]] = {
    "routes": routes,
    "refusals of requests": refusals,
    "reasons": reasons,
    "link figures": link_figures,
    "loop": loop,
}
