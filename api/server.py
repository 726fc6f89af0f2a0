"""The API process: uvicorn with the settings of an appliance."""

import asyncio
import socket
from pathlib import Path
from typing import Any, Final

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from api.app import create_app
from api.control_link import ControlLink
from api.gate import LOCAL_NAMES
from api.problems import MEDIA_TYPE, problem_body

HEAD_DEADLINE_S: Final = 5.0
REST_DEADLINE_S: Final = 1.0


class DeadlineProtocol(H11Protocol):
    """HTTP/1.1 that closes a connection whose first request head does not arrive in time."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock."""
        super().connection_made(transport)
        self.loop.call_later(HEAD_DEADLINE_S, self._close_when_mute)

    def _close_when_mute(self) -> None:
        if not self.headers and not self.transport.is_closing():
            self.transport.abort()

    def on_response_complete(self) -> None:
        """After an early answer the rest of the body is let in for a moment, not for ever."""
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY and not self.transport.is_closing():
            self.loop.call_later(REST_DEADLINE_S, self._close_when_still_sending, self.cycle)

    def _close_when_still_sending(self, answered: object) -> None:
        if self.cycle is answered and self.conn.their_state is h11.SEND_BODY:
            self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        """Answer bytes that are no HTTP as a problem document."""
        body = problem_body(400, "not_http", msg)
        head = (
            f"HTTP/1.1 400 Bad Request\r\ncontent-type: {MEDIA_TYPE}\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()


class QuietWebSockets(WebSocketsSansIOProtocol):
    """A WebSocket refused with an answer is settled; uvicorn would log it as a mistake of ours."""

    async def send(self, message: Any) -> None:
        """Send, and see that a refusal ends the handshake."""
        await super().send(message)
        last = not message.get("more_body", False)
        if message["type"] == "websocket.http.response.body" and last:
            self.handshake_complete = True


def server_config(app: Any) -> uvicorn.Config:
    """Return how uvicorn serves `app`."""
    return uvicorn.Config(
        app,
        http=DeadlineProtocol,
        ws=QuietWebSockets,
        ws_max_size=4096,
        ws_per_message_deflate=False,
        server_header=False,
        proxy_headers=False,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )


def host_names(host: str) -> frozenset[str]:
    """Return the names under which a server bound to `host` may be called."""
    return LOCAL_NAMES | {f"[{host.lower()}]" if ":" in host else host.lower()}


def serve(
    listener: socket.socket,
    *,
    host: str,
    control_socket: Path,
    version: str,
) -> None:
    """Serve on `listener` until a signal."""
    link = ControlLink(control_socket, version=version)
    app = create_app(link, version=version, hosts=host_names(host))
    server = uvicorn.Server(server_config(app))
    with listener:
        server.run(sockets=[listener])
