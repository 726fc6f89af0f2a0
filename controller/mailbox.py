"""The control process's local socket: requests in, snapshots out, and nobody can make it wait.

Every call returns at once. A client that does not read loses snapshots; one that sends nonsense, or
whose replies pile up, is dropped. The massage does not notice either.
"""

import json
import os
import socket
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from controller.errors import ControllerError
from controller.mail import IMAGE, REPLY, REQUEST, STATUS, STOP, FrameReader, MailError, frame

MAX_REQUEST_BYTES: Final = 65_536
MAX_PENDING_BYTES: Final = 262_144
MAX_CLIENTS: Final = 32
READ_BYTES: Final = 65_536


@dataclass(eq=False)
class SocketInUseError(ControllerError):
    """Another control process serves this socket."""

    path: str

    def __str__(self) -> str:
        return (
            f"another control process already serves {self.path}; "
            "end it, or give this one its own path with --socket"
        )


@dataclass(slots=True)
class Client:
    """One connected face."""

    sock: socket.socket
    reader: FrameReader = field(default_factory=lambda: FrameReader(MAX_REQUEST_BYTES))
    pending: bytes = b""
    snapshot_pending: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """One request; `table` is None for the bare STOP."""

    client: Client
    table: dict[str, Any] | None


class Mailbox:
    """A listening stream socket at `path`, readable by its owner only.

    Raises:
        SocketInUseError: A living process serves `path` already.
        OSError: The socket cannot be made there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clients: dict[int, Client] = {}
        _clear_stale(path)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self._listener.bind(str(path))
        path.chmod(stat.S_IRUSR | stat.S_IWUSR)
        self._listener.listen(MAX_CLIENTS)
        self._inode = path.stat().st_ino

    def fileno(self) -> int:
        """Return the listener's descriptor."""
        return self._listener.fileno()

    def accept(self) -> list[int]:
        """Take in whoever waits; return their descriptors."""
        taken: list[int] = []
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return taken
            if len(self.clients) >= MAX_CLIENTS:
                sock.close()
                continue
            sock.setblocking(False)
            self.clients[sock.fileno()] = Client(sock)
            taken.append(sock.fileno())

    def collect(self, descriptor: int) -> Iterator[Letter]:
        """Yield the requests a client has sent; a client that ends or errs is dropped."""
        client = self.clients.get(descriptor)
        if client is None:
            return
        try:
            data = client.sock.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.drop(client)
            return
        try:
            for kind, body in client.reader.feed(data):
                letter = _letter(client, kind, body)
                if letter is not None:
                    yield letter
        except MailError:
            self.drop(client)

    def reply(self, client: Client, table: dict[str, Any]) -> None:
        """Answer one request; a client whose answers pile up unread is dropped."""
        client.pending += frame(REPLY, json.dumps(table).encode())
        if len(client.pending) > MAX_PENDING_BYTES:
            self.drop(client)
            return
        self._flush(client)

    def publish(self, status: bytes, image: bytes) -> None:
        """Show a snapshot to every client that has taken the one before."""
        data = frame(STATUS, status) + (frame(IMAGE, image) if image else b"")
        for client in list(self.clients.values()):
            self._flush(client)
            if not client.pending:
                client.pending = data
                self._flush(client)

    def _flush(self, client: Client) -> None:
        if not client.pending:
            return
        try:
            sent = client.sock.send(client.pending)
        except BlockingIOError:
            return
        except OSError:
            self.drop(client)
            return
        client.pending = client.pending[sent:]

    def drop(self, client: Client) -> None:
        """End a client's connection; safe to call twice."""
        self.clients.pop(client.sock.fileno(), None)
        client.sock.close()
        client.pending = b""

    def close(self) -> None:
        """End all connections and remove the socket, if it is still ours."""
        for client in list(self.clients.values()):
            self.drop(client)
        self._listener.close()
        try:
            if self.path.stat().st_ino == self._inode:
                self.path.unlink()
        except FileNotFoundError:
            return


def _letter(client: Client, kind: int, body: bytes) -> Letter | None:
    if kind == STOP:
        return Letter(client, None)
    if kind != REQUEST:
        raise MailError(f"a face may not send kind {kind}")
    try:
        table = json.loads(body)
    except (ValueError, RecursionError):
        raise MailError("a request that is not JSON") from None
    return Letter(client, table) if isinstance(table, dict) else None


def _clear_stale(path: Path) -> None:
    """Remove a socket that nobody serves any more.

    Raises:
        SocketInUseError: Somebody does.
    """
    if not path.exists():
        return
    probe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        probe.settimeout(0.2)
        probe.connect(str(path))
    except OSError:
        os.unlink(path)  # noqa: PTH108 - a dangling socket, not a file one would read
    else:
        raise SocketInUseError(str(path))
    finally:
        probe.close()
