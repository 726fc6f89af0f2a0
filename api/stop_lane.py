"""The stop lane: STOP in its own process, whatever state the API is in (standard library only).

It answers `POST /stop` and one plain line `STOP`, and says OK only when the control process has
confirmed. One thread, one selector; nothing a client does or leaves undone can hold up another.
"""

import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from controller.mail import REPLY, STOP_FRAME, FrameReader, MailError

MAX_CLIENTS: Final = 64
MAX_HEAD_BYTES: Final = 8192
CLIENT_DEADLINE_S: Final = 2.0
CONFIRM_S: Final = 0.2
RECONNECT_S: Final = 0.1

_HTTP_STOP: Final = (b"/stop", b"/api/v1/stop")


@dataclass(frozen=True, slots=True)
class Ticket:
    """One STOP that was sent: on which connection, and the how manieth there."""

    generation: int
    number: int


class ControlEnd:
    """A persistent connection to control that counts confirmed stops.

    It enters and leaves the selector together with its socket: a closed socket that stayed there
    would collide with the next one, which gets the same number.
    """

    def __init__(self, path: Path, selector: selectors.BaseSelector) -> None:
        self._path = str(path)
        self._selector = selector
        self._reader = FrameReader()
        self.socket: socket.socket | None = None
        self.generation = 0
        self._sent = 0
        self._confirmed = 0

    def connect(self) -> bool:
        """Return whether control is connected now; never waits."""
        if self.socket is not None:
            return True
        end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        end.setblocking(False)
        try:
            end.connect(self._path)
        except OSError:
            end.close()
            return False
        self._selector.register(end, selectors.EVENT_READ)
        self.socket, self._reader = end, FrameReader()
        self._sent = self._confirmed = 0
        self.generation += 1
        return True

    def send_stop(self) -> Ticket | None:
        """Send STOP in one system call; return the ticket to ask for, None if it did not go out."""
        if not self.connect() or self.socket is None:
            return None
        try:
            whole = self.socket.send(STOP_FRAME) == len(STOP_FRAME)
        except OSError:
            whole = False
        if not whole:
            self.drop()
            return None
        self._sent += 1
        return Ticket(self.generation, self._sent)

    def has_confirmed(self, ticket: Ticket) -> bool:
        """Return whether control answered this STOP."""
        return ticket.generation == self.generation and ticket.number <= self._confirmed

    def can_confirm(self, ticket: Ticket) -> bool:
        """Return whether an answer to this STOP may still come."""
        return self.socket is not None and ticket.generation == self.generation

    def drain(self) -> None:
        """Read what control says; count its confirmations."""
        if self.socket is None:
            return
        try:
            data = self.socket.recv(65536)
            kinds = [kind for kind, _ in self._reader.feed(data)]
        except BlockingIOError:
            return
        except (OSError, MailError):
            self.drop()
            return
        self._confirmed += kinds.count(REPLY)
        if not data:
            self.drop()

    def drop(self) -> None:
        """Close the connection; what was not confirmed never will be."""
        if self.socket is not None:
            self._selector.unregister(self.socket)
            self.socket.close()
            self.socket = None


@dataclass(slots=True, eq=False)
class Client:
    """One connection of somebody who may want to stop."""

    socket: socket.socket
    deadline_s: float
    heard: bytearray = field(default_factory=bytearray)
    plain: bool = False
    ticket: Ticket | None = None
    confirm_by_s: float = 0.0
    answered: bool = False


def wanted(heard: bytes) -> str:
    """Return what the first line asks: `more` (incomplete), `line`, `http`, `health`, `other`."""
    line, end, _ = heard.partition(b"\n")
    if not end:
        return "more" if len(heard) < MAX_HEAD_BYTES else "other"
    words = line.strip().split()
    match words:
        case [b"STOP"]:
            return "line"
        case [b"POST", path, _] if path.partition(b"?")[0] in _HTTP_STOP:
            return "http"
        case [b"GET", b"/healthz", _]:
            return "health"
        case _:
            return "other"


def http_answer(status: str, body: str) -> bytes:
    """Return a whole HTTP/1.1 response with a plain body."""
    return (
        f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncache-control: no-store\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n{body}"
    ).encode()


OK_HTTP: Final = http_answer("200 OK", '{"ok": true}')
NO_CONTROL_HTTP: Final = http_answer(
    "503 Service Unavailable", '{"ok": false, "code": "no_control"}'
)
HEALTH_HTTP: Final = http_answer("200 OK", '{"status": "ok", "name": "podal"}')
OTHER_HTTP: Final = http_answer("404 Not Found", '{"ok": false, "code": "only_post_stop"}')


class StopLane:
    """Serves everybody who wants to stop."""

    def __init__(
        self,
        listener: socket.socket,
        control_socket: Path,
        *,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._listener = listener
        self._selector = selectors.DefaultSelector()
        self._control = ControlEnd(control_socket, self._selector)
        self._now_s = now_s
        self._clients: dict[socket.socket, Client] = {}
        self._next_try_s = float("-inf")
        listener.setblocking(False)
        self._selector.register(listener, selectors.EVENT_READ)

    @property
    def address(self) -> tuple[str, int]:
        """Return where this lane listens."""
        host, port = self._listener.getsockname()[:2]
        return host, port

    def close(self) -> None:
        """Close everything this lane opened, and the listener."""
        for client in list(self._clients.values()):
            self._forget(client)
        self._control.drop()
        self._selector.close()
        self._listener.close()

    def turn(self) -> None:
        """Wait briefly for something to happen, and deal with it."""
        self._keep_control()
        waiting = any(c.ticket is not None and not c.answered for c in self._clients.values())
        for key, _ in self._selector.select(0.01 if waiting else RECONNECT_S):
            if key.fileobj is self._listener:
                self._accept()
            elif key.fileobj is self._control.socket:
                self._control.drain()
            elif isinstance(key.fileobj, socket.socket) and key.fileobj in self._clients:
                self._hear(self._clients[key.fileobj])
        self._settle()

    def _keep_control(self) -> None:
        """Reconnect when control went away."""
        if self._control.socket is None and self._now_s() >= self._next_try_s:
            self._next_try_s = self._now_s() + RECONNECT_S
            self._control.connect()

    def _accept(self) -> None:
        for _ in range(MAX_CLIENTS):
            try:
                connection, _address = self._listener.accept()
            except OSError:  # nobody is left in the queue, or no descriptor is
                return
            connection.setblocking(False)
            if len(self._clients) >= MAX_CLIENTS:
                self._forget(self._most_dispensable())
            client = Client(connection, self._now_s() + CLIENT_DEADLINE_S)
            self._clients[connection] = client
            self._selector.register(connection, selectors.EVENT_READ)
            self._hear(client)

    def _most_dispensable(self) -> Client:
        """Return the oldest client that is not waiting for its STOP, else the oldest."""
        clients = self._clients.values()
        idle = (c for c in clients if c.ticket is None or c.answered)
        return next(idle, next(iter(clients)))

    def _hear(self, client: Client) -> None:
        try:
            data = client.socket.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            self._forget(client)
            return
        if client.answered or client.ticket is not None:
            if not data and client.answered:
                self._forget(client)
            return
        # The end of the stream ends a line as well: `printf STOP | nc` is understood.
        client.heard += data or b"\n"
        self._obey(client, wanted(bytes(client.heard)))
        if not data and client.ticket is None:
            self._forget(client)

    def _obey(self, client: Client, wish: str) -> None:
        match wish:
            case "line" | "http":
                client.plain = wish == "line"
                client.ticket = self._control.send_stop()
                client.confirm_by_s = self._now_s() + CONFIRM_S
                if client.ticket is None:
                    self._answer(client, confirmed=False)
            case "health":
                self._send(client, HEALTH_HTTP)
            case "other":
                self._send(client, OTHER_HTTP)
            case _:
                return

    def _settle(self) -> None:
        """Answer those whose STOP is confirmed or too late; drop those who overstay."""
        now_s = self._now_s()
        for client in list(self._clients.values()):
            if client.ticket is not None and not client.answered:
                if self._control.has_confirmed(client.ticket):
                    self._answer(client, confirmed=True)
                elif not self._control.can_confirm(client.ticket):
                    self._answer(client, confirmed=False)
                elif now_s > client.confirm_by_s:
                    self._control.drop()  # its later answers would confirm the wrong stops
                    self._answer(client, confirmed=False)
            if now_s > client.deadline_s:
                self._forget(client)

    def _answer(self, client: Client, *, confirmed: bool) -> None:
        if client.plain:
            self._send(client, b"OK\n" if confirmed else b"NO CONTROL\n")
        else:
            self._send(client, OK_HTTP if confirmed else NO_CONTROL_HTTP)

    def _send(self, client: Client, answer: bytes) -> None:
        """Answer, then go on reading: closing with unread bytes would destroy the answer."""
        client.answered = True
        try:
            client.socket.send(answer)
            client.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self._forget(client)

    def _forget(self, client: Client) -> None:
        if self._clients.pop(client.socket, None) is not None:
            self._selector.unregister(client.socket)
            client.socket.close()


def serve_stop_lane(listener: socket.socket, control_socket: Path) -> None:
    """Serve until the process ends."""
    lane = StopLane(listener, control_socket)
    try:
        while True:
            lane.turn()
    finally:
        lane.close()
