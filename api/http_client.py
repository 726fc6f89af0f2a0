"""Talking to a running Podal from the command line (standard library)."""

import http.client
import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

TIMEOUT_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API said: HTTP status and JSON body."""

    status: int
    body: Mapping[str, Any]

    @property
    def code(self) -> str:
        """Return the short code of a problem, "" when there is none."""
        return str(self.body.get("code", ""))


class NotServedError(Exception):
    """No Podal answers at this address."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"No Podal answers on {host} port {port}. Start it with: podal run")


def call(
    host: str, port: int, method: str, path: str, body: Mapping[str, object] | None = None
) -> Answer:
    """Send one request to the API and return its answer, whatever its status.

    Raises:
        NotServedError: nobody, or something that is not Podal, answers there.
    """
    name = f"[{host}]" if ":" in host else host
    request = urllib.request.Request(
        f"http://{name}:{port}{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={} if body is None else {"content-type": "application/json"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=TIMEOUT_S) as response:
            return _answer(response.status, response.read())
    except urllib.error.HTTPError as error:
        with error:
            answer = _answer(error.code, error.read())
        if not answer.code:
            raise NotServedError(host, port) from None
        return answer
    except (OSError, ValueError):
        raise NotServedError(host, port) from None


def is_podal(host: str, port: int) -> bool:
    """Return whether a Podal answers on this port."""
    connection = http.client.HTTPConnection(host, port, timeout=0.5)
    try:
        connection.request("GET", "/healthz")
        return b'"podal"' in connection.getresponse().read(200)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _answer(status: int, body: bytes) -> Answer:
    parsed = json.loads(body)
    if not isinstance(parsed, dict):
        raise ValueError("not an object")  # noqa: TRY004 - one error for all that is not Podal
    return Answer(status, parsed)


@dataclass(frozen=True, slots=True)
class StopResult:
    """Whether one way confirmed the stop, and how long that took."""

    way: str
    confirmed: bool
    took_ms: float


def stop_by_lane(host: str, port: int) -> StopResult:
    """Send the line STOP to the stop lane."""
    begun_s = time.monotonic()
    try:
        with socket.create_connection((host, port), timeout=1.0) as lane:
            lane.sendall(b"STOP\n")
            confirmed = lane.recv(64).startswith(b"OK")
    except OSError:
        confirmed = False
    return StopResult("stop lane", confirmed, (time.monotonic() - begun_s) * 1e3)


def stop_by_api(host: str, port: int) -> StopResult:
    """Send POST /api/v1/stop."""
    begun_s = time.monotonic()
    try:
        confirmed = call(host, port, "POST", "/api/v1/stop").status == 200
    except NotServedError:
        confirmed = False
    return StopResult("API", confirmed, (time.monotonic() - begun_s) * 1e3)
