"""Tables of the HTTP page: routes, refusals, reasons."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from api.app import create_app
from api.control_link import ControlLink
from api.problems import REFUSAL_STATUS
from api.sentences import catalogue
from docs.markdown import table

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


PARTS: Final[Mapping[str, Callable[[], str]]] = {
    "routes": routes,
    "refusals of requests": refusals,
    "reasons": reasons,
}
