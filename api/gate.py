"""The gate every request passes: who is asking, from which page, and how much is sent.

A page elsewhere in the browser can reach a server on this machine. It must not be able to start
a massage: not by a cross-site request, not by a frame, not by DNS rebinding, not by a WebSocket.
STOP is not checked at all: stopping is always the safe side.
"""

import asyncio
import re
from collections.abc import Collection, Mapping
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import MEDIA_TYPE, problem_body

STOP_PATH: Final = "/api/v1/stop"
MAX_BODY_BYTES: Final = 64 * 1024
BODY_DEADLINE_S: Final = 5.0
LOCAL_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})

_HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9.-]{1,253})(?::\d{1,5})?", re.ASCII)
_HEADERS: Final = (
    (
        b"content-security-policy",
        b"default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


def refusal(
    headers: Mapping[str, str], *, navigation_allowed: bool, hosts: Collection[str]
) -> tuple[int, str, str] | None:
    """Return (status, code, detail) when this request may not pass, else None.

    Args:
        headers: Lower-case names; `host` must be the only one sent.
        navigation_allowed: A link on another page may lead here (the start page, read only).
        hosts: Names under which this server may be called, without port.
    """
    host = headers.get("host", "").lower()
    match = _HOST.fullmatch(host)
    if match is None or match[1] not in hosts:
        return 400, "foreign_host", "This server is reached as localhost or 127.0.0.1."
    origin = headers.get("origin")
    if origin is not None and origin.lower() not in {f"http://{host}", f"https://{host}"}:
        return 403, "foreign_origin", "Another page may not use this server."
    if headers.get("sec-fetch-site", "none") in {"none", "same-origin"} or navigation_allowed:
        return None
    return 403, "foreign_page", "Another page may not use this server."


class Gate:
    """Pure ASGI middleware: STOP passes; everything else is checked first."""

    def __init__(self, app: ASGIApp, *, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it here."""
        if scope["type"] == "http":
            await self._http(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == STOP_PATH and scope["method"] == "POST":
            await self._app(scope, receive, send)
            return
        headers = _headers(scope)
        found = refusal(headers, navigation_allowed=_opens_page(scope, headers), hosts=self._hosts)
        if found is not None:
            await _answer(send, *found)
        elif scope["method"] in {"GET", "HEAD"}:
            await self._app(scope, receive, send)
        else:
            await self._with_body(scope, headers, receive, send)

    async def _with_body(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        try:
            async with asyncio.timeout(BODY_DEADLINE_S):
                body = await _read_body(receive)
        except TimeoutError:
            await _answer(send, 408, "slow_body", "The body did not arrive in time.")
            return
        if body is None:
            await _answer(send, 413, "large_body", f"At most {MAX_BODY_BYTES} bytes are read.")
        elif body and not _is_json(headers.get("content-type", "")):
            await _answer(send, 415, "not_json", "Send the body as application/json.")
        else:
            await self._app(scope, _replay(body, receive), send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = refusal(_headers(scope), navigation_allowed=False, hosts=self._hosts)
        if found is None:
            await self._app(scope, receive, send)
        else:
            await receive()
            await _answer(send, *found, prefix="websocket.http.")


def _headers(scope: Scope) -> dict[str, str]:
    """Return the headers; one sent twice is joined, so that it matches nothing."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    return headers


def _opens_page(scope: Scope, headers: Mapping[str, str]) -> bool:
    """Return whether a person followed a link to the start page."""
    return (
        scope["method"] == "GET"
        and scope["path"] == "/"
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
    )


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"


async def _read_body(receive: Receive) -> bytes | None:
    """Return the body, or None as soon as it is larger than allowed."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives `body` once, then what the server says."""
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return first.pop() if first else await receive()

    return again


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *_HEADERS]}
        await send(message)

    return sending


async def _answer(
    send: Send, status: int, code: str, detail: str, *, prefix: str = "http."
) -> None:
    body = problem_body(status, code, detail)
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": f"{prefix}response.start", "status": status, "headers": headers})
    await send({"type": f"{prefix}response.body", "body": body, "more_body": False})
